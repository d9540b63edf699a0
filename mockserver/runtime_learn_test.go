package mockserver

import (
	"slices"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// What was learned about one rollout is not told to the next one, whose entities may have the same names.
func TestNewsOfAnOvertakenRollout(t *testing.T) {
	const closed = "http://127.0.0.1:1"
	s := New(Options{Progression: Manual(), Engines: engines(t, "engines:\n  - {kind: openai, base_url: %s, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\n", closed)})
	defer func() { _ = s.Close() }()
	call(t, s).ok("POST", api.PathEndpoints, `{"name":"e","config":{"served_entities":[`+custom+`]}}`)
	w, err := s.tenant("token")
	if err != nil {
		t.Fatal(err)
	}
	current := func() *record {
		r, err := w.get("e", s.opts.Progression, s.now())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	// heard has the server learn that the entity of a rollout waits for nobody, and returns whether it still does.
	heard := func(version int64) bool {
		r := *current()
		p := *r.Pending
		p.Version, p.Steps, p.Entities = version, len(p.Entities[0].Plan), slices.Clone(p.Entities)
		p.Entities[0].Spec.EntityName = "answered.here"
		r.Pending = &p
		s.learn(t.Context(), w, &r)
		return current().Pending.waits()
	}
	version := current().Pending.Version
	if !heard(version - 1) {
		t.Error("a rollout took the news of another one")
	}
	if heard(version) {
		t.Error("a rollout did not take its own news")
	}
}
