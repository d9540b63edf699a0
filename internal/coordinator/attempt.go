package coordinator

import (
	"slices"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// attempt is a batch folded into one document, over one state of the endpoint.
type attempt struct {
	base     api.Endpoint
	draft    *endpointconfig.Draft
	compiled endpointconfig.Compiled
	calls    []*call    // those whose mutations succeeded
	touched  [][]string // per call, the entities that it edited
	failed   []failure
}

type failure struct {
	call *call
	err  error
}

// fold applies each mutation to a fork of the draft and keeps the fork if it succeeds, so that one that fails
// does not poison its neighbours.
func fold(base api.Endpoint, memory endpointconfig.Memory, batch []*call) attempt {
	a := attempt{base: base, draft: endpointconfig.New(base.Target(), memory)}
	for _, k := range batch {
		next := a.draft.Fork()
		if err := k.mutate(next); err != nil {
			a.failed = append(a.failed, failure{k, err})
			continue
		}
		a.draft = next
		a.calls = append(a.calls, k)
		a.touched = append(a.touched, next.Touched())
	}
	a.compiled = a.draft.Compile()
	return a
}

// refuse answers the calls whose mutations failed.
func (a attempt) refuse() {
	for _, f := range a.failed {
		f.call.finish(Result{}, f.err)
	}
}

// edited names the entities that the batch edits, sorted, each once.
func (a attempt) edited() []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.touched...))))
}

// sendAll commits every caller to the outcome of the write that follows. If one has left meanwhile, none is
// committed.
func sendAll(calls []*call) bool {
	for i, k := range calls {
		if !k.send() {
			unsendAll(calls[:i])
			return false
		}
	}
	return true
}

func unsendAll(calls []*call) {
	for _, k := range calls {
		k.unsend()
	}
}

func finishAll(calls []*call, err error) {
	for _, k := range calls {
		k.finish(Result{}, err)
	}
}
