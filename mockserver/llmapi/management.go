package llmapi

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

// managementRoutes serves the management API. Models are registered and removed by the configuration alone, as in a
// TorchServe whose model API is off, which is its default.
func (s *Server) managementRoutes(mux *http.ServeMux) {
	for route, serve := range map[string]func(*http.Request) (int, any, error){
		"GET /models":                               s.listModels,
		"GET /models/{model}":                       s.describeModel,
		"GET /models/{model}/{version}":             s.describeModel,
		"PUT /models/{model}":                       s.scaleModel,
		"PUT /models/{model}/{version}":             s.scaleModel,
		"PUT /models/{model}/{version}/set-default": s.defaultModel,
	} {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			status, answer, err := serve(r)
			if err != nil {
				asFault(err).write(w)
				return
			}
			writeJSON(w, status, answer)
		})
	}
	for _, path := range []string{"/models", "/models/{model}", "/models/{model}/{version}", "/models/{model}/{version}/set-default"} {
		mux.HandleFunc(path, serveNotAllowed)
	}
}

// modelList is a page of the models.
type modelList struct {
	NextPageToken string      `json:"nextPageToken,omitempty"`
	Models        []modelItem `json:"models"`
}

type modelItem struct {
	ModelName string `json:"modelName"`
	ModelURL  string `json:"modelUrl"`
}

func (s *Server) listModels(r *http.Request) (int, any, error) {
	limit, from := queryInt(r, "limit", 100), max(queryInt(r, "next_page_token", 0), 0)
	if limit < 0 || limit > 100 {
		limit = 100
	}
	names := s.names()
	end := from + limit
	list := modelList{Models: []modelItem{}}
	if end >= len(names) {
		end = len(names)
	} else {
		list.NextPageToken = strconv.Itoa(end)
	}
	for _, name := range names[min(from, end):end] {
		m, err := s.find(name, "")
		if err != nil {
			return 0, nil, err
		}
		list.Models = append(list.Models, modelItem{name, m.url()})
	}
	return http.StatusOK, list, nil
}

// url is where a model comes from, as far as it is told: never a path of this machine.
func (m *model) url() string { return m.settings.Name }

// modelDescription is what describing a version answers.
type modelDescription struct {
	ModelName       string              `json:"modelName"`
	ModelVersion    string              `json:"modelVersion"`
	ModelURL        string              `json:"modelUrl"`
	Runtime         string              `json:"runtime"`
	MinWorkers      int                 `json:"minWorkers"`
	MaxWorkers      int                 `json:"maxWorkers"`
	BatchSize       int                 `json:"batchSize"`
	MaxBatchDelay   int64               `json:"maxBatchDelay"`   // milliseconds
	ResponseTimeout int64               `json:"responseTimeout"` // seconds
	DeviceType      string              `json:"deviceType"`
	LoadedAtStartup bool                `json:"loadedAtStartup"`
	Workers         []workerDescription `json:"workers"`
	JobQueueStatus  queueStatus         `json:"jobQueueStatus"`
}

type workerDescription struct {
	ID          string `json:"id"`
	StartTime   string `json:"startTime"`
	Status      string `json:"status"`
	MemoryUsage int    `json:"memoryUsage"` // bytes of the model, which all workers share
	PID         int    `json:"pid"`
	GPU         bool   `json:"gpu"`
	GPUUsage    string `json:"gpuUsage"`
}

type queueStatus struct {
	RemainingCapacity int `json:"remainingCapacity"`
	PendingRequests   int `json:"pendingRequests"`
}

func (s *Server) describeModel(r *http.Request) (int, any, error) {
	name, version := r.PathValue("model"), r.PathValue("version")
	if version == "all" {
		versions, err := s.all(name)
		out := make([]modelDescription, len(versions))
		for i, m := range versions {
			out[i] = m.describe()
		}
		return http.StatusOK, out, err
	}
	m, err := s.find(name, version)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, []modelDescription{m.describe()}, nil
}

func (m *model) describe() modelDescription {
	low, high, workers := m.state()
	d := modelDescription{
		ModelName: m.settings.Name, ModelVersion: m.settings.Version, ModelURL: m.url(), Runtime: "python",
		MinWorkers: low, MaxWorkers: high, BatchSize: m.settings.BatchSize, MaxBatchDelay: m.settings.MaxBatchDelay.Milliseconds(),
		ResponseTimeout: int64(m.settings.ResponseTimeout / time.Second), DeviceType: "CPU", LoadedAtStartup: true,
		Workers:        make([]workerDescription, len(workers)),
		JobQueueStatus: queueStatus{cap(m.queue) - len(m.queue), len(m.queue)},
	}
	for i, w := range workers {
		d.Workers[i] = workerDescription{
			ID: strconv.Itoa(w.id), StartTime: w.since.UTC().Format("2006-01-02T15:04:05.000Z"), Status: "READY",
			MemoryUsage: m.generator.describe().memory, PID: os.Getpid(), GPUUsage: "N/A",
		}
	}
	return d
}

// scaleModel changes the number of workers. It is done at once; without synchronous the answer is TorchServe's to
// a call that does not wait.
func (s *Server) scaleModel(r *http.Request) (int, any, error) {
	name := r.PathValue("model")
	version := cmp.Or(r.PathValue("version"), r.URL.Query().Get("model_version"))
	low := queryInt(r, "min_worker", 1)
	high := queryInt(r, "max_worker", low)
	switch {
	case high < low:
		return 0, nil, faultf(badRequest, "max_worker cannot be less than min_worker.")
	case low < 0 || high > maxWorkers:
		return 0, nil, faultf(badRequest, "min_worker and max_worker must be from 0 to %d.", maxWorkers)
	}
	m, err := s.find(name, version)
	if err != nil {
		return 0, nil, err
	}
	m.scale(low, high)
	if r.URL.Query().Get("synchronous") != "true" {
		return http.StatusAccepted, statusAnswer{"Processing worker updates..."}, nil
	}
	message := fmt.Sprintf("Workers scaled to %d for model: %s", low, name)
	if version != "" {
		message += ", version: " + version
	}
	return http.StatusOK, statusAnswer{message}, nil
}

func (s *Server) defaultModel(r *http.Request) (int, any, error) {
	name, version := r.PathValue("model"), r.PathValue("version")
	if err := s.setDefault(name, version); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, statusAnswer{fmt.Sprintf("Default version successfully updated for model %q to %q", name, version)}, nil
}

// queryInt takes the default for what is not a number, as TorchServe does.
func queryInt(r *http.Request, name string, standard int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return standard
	}
	return n
}
