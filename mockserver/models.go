package mockserver

import (
	"net/http"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Model is a registered model version.
type Model struct {
	Name        string // catalog.schema.model
	Version     string
	Type        string // model_type of the optimization info, as llama or gte
	Parameters  int64
	ChunkSize   int64 // tokens per second; 0: by the size, see chunkSize
	Optimizable bool
	Task        string // as llm/v1/chat
	Dir         string // checkpoint directory; empty: the embedded model answers
	Reason      string // why it is not optimizable, for messages
}

// llama8B is what a model looks like that nobody described.
func llama8B(name, version string) Model {
	return Model{Name: name, Version: version, Type: "llama", Parameters: 8e9, ChunkSize: 980, Optimizable: true, Task: api.TaskChat}
}

// SampleModels are the models of the source documents and a llama of today, so that a first configuration
// works without any registration.
func SampleModels() []Model {
	samples := []Model{
		llama8B("ml.llm-catalog.foundation-model", "3"),
		{Name: "ml.llm-catalog.llama-13b", Version: "3", Type: "llama", Parameters: 13e9, ChunkSize: 980, Optimizable: true, Task: api.TaskCompletions},
		{Name: "ml.llm-catalog.gte-large", Version: "1", Type: "gte", Parameters: 434e6, ChunkSize: 980, Optimizable: true, Task: api.TaskEmbeddings},
	}
	for _, v := range []string{"1", "2", "3"} {
		samples = append(samples, llama8B("system.ai.llama_3_1_8b_instruct", v))
	}
	return samples
}

// chunkSize is the increment of provisioned throughput, in tokens per second, of a model that came without
// one: the larger the model, the smaller the increment. Sizes of a few models are observed; the rule between
// them is ours.
func chunkSize(parameters int64) int64 {
	for _, step := range []struct{ upTo, chunk int64 }{
		{500e6, 19000}, {2e9, 9500}, {5e9, 1900}, {10e9, 980}, {20e9, 970}, {40e9, 650}, {80e9, 330},
	} {
		if parameters <= step.upTo {
			return step.chunk
		}
	}
	return 160
}

// model is the registered model that an entity serves.
func (s *Server) model(w *workspace, e api.ServedEntityInput) (m Model, missing string) {
	return s.findModel(w, e.EntityName, e.EntityVersion)
}

// findModel returns a model version, and in words what is missing otherwise.
func (s *Server) findModel(w *workspace, name string, version api.Version) (m Model, missing string) {
	m, known, found := w.models.find(name, string(version))
	switch {
	case found:
		return m, ""
	case s.opts.AnyModel:
		return llama8B(name, string(version)), ""
	case known:
		return Model{}, "version " + string(version) + " of registered model " + name + " does not exist"
	default:
		return Model{}, "registered model " + name + " does not exist"
	}
}

// optimizationInfo answers get_optimization_info.
func (s *Server) optimizationInfo(x *exchange) (api.OptimizationInfo, error) {
	m, missing := s.findModel(x.tenant, x.vars["model"], api.Version(x.vars["version"]))
	if missing != "" {
		return api.OptimizationInfo{}, refuse(http.StatusNotFound, api.CodeNotFound, "The %s.", missing)
	}
	if !m.Optimizable {
		return api.OptimizationInfo{ModelType: m.Type}, nil
	}
	return api.OptimizationInfo{Optimizable: true, ModelType: m.Type, ThroughputChunkSize: m.ChunkSize}, nil
}
