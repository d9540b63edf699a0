package linear

import (
	"fmt"
	"net/http"
	"time"

	"github.com/anishathalye/porcupine"
)

// verb is an operation that clients call while others do.
type verb int

const (
	createEndpoint verb = iota
	getEndpoint
	putConfig
	deleteEndpoint
)

// input is what a client asked for. The entity is a name that no other write uses.
type input struct {
	verb   verb
	name   string
	entity string
}

// output is what a client was told: the status and, of an endpoint, what it serves and what rolls out.
type output struct {
	status          int
	id              string
	active, pending config
}

// lost reports whether the client does not know what became of what it asked.
func (o output) lost() bool { return o.status == http.StatusServiceUnavailable }

// config is a version and the served entity in it.
type config struct {
	version int64
	entity  string
}

// state is an endpoint as the documents describe it: the sequential specification.
type state struct {
	exists          bool
	id              string
	active, pending config
	reads           int // of the pending config
}

// unseen is the id of an endpoint whose creation was not answered.
const unseen = "unseen"

// shows reports whether an answer is what the state looks like.
func (s state) shows(o output) bool {
	return o.status == http.StatusOK && (o.id == s.id || s.id == unseen) && o.active == s.active && o.pending == s.pending
}

// known is the state after an answer that shows its id.
func (s state) known(o output) state {
	s.id = o.id
	return s
}

// deploy starts the rollout of an entity under the next version; with no reads to wait for it has ended.
func (s state) deploy(entity string, reads int) state {
	s.pending, s.reads = config{max(s.active.version, s.pending.version) + 1, entity}, 0
	return s.settle(reads)
}

// settle makes the pending config the active one after enough reads.
func (s state) settle(reads int) state {
	if s.pending != (config{}) && s.reads >= reads {
		s.active, s.pending = s.pending, config{}
	}
	return s
}

// step is the specification: whether the state may answer so, and what it is then. A rollout ends with the
// read number reads.
func (s state) step(in input, out output, reads int) (bool, state) {
	if out.lost() {
		return true, s.maybe(in, reads)
	}
	switch in.verb {
	case createEndpoint:
		if s.exists {
			return out.status == http.StatusConflict, s
		}
		next := state{exists: true, id: out.id}.deploy(in.entity, reads)
		return out.id != "" && next.shows(out), next
	case getEndpoint:
		if !s.exists {
			return out.status == http.StatusNotFound, s
		}
		s.reads++
		s = s.settle(reads)
		return s.shows(out), s.known(out)
	case putConfig:
		switch {
		case !s.exists:
			return out.status == http.StatusNotFound, s
		case s.pending != (config{}):
			return out.status == http.StatusConflict, s
		}
		s = s.deploy(in.entity, reads)
		return s.shows(out), s.known(out)
	default:
		if !s.exists {
			return out.status == http.StatusNotFound, s
		}
		return out.status == http.StatusOK, state{}
	}
}

// maybe is the state after an operation without an answer.
func (s state) maybe(in input, reads int) state {
	switch {
	case in.verb == createEndpoint && !s.exists:
		return state{exists: true, id: unseen}.deploy(in.entity, reads)
	case in.verb == putConfig && s.exists && s.pending == (config{}):
		return s.deploy(in.entity, reads)
	case in.verb == deleteEndpoint:
		return state{}
	case in.verb == getEndpoint:
		s.reads++
		return s.settle(reads)
	}
	return s
}

// specification checks each endpoint name on its own: what happens to one is nothing to the others.
func specification(reads int) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			byName := map[string][]porcupine.Operation{}
			for _, o := range history {
				name := o.Input.(input).name
				byName[name] = append(byName[name], o)
			}
			var parts [][]porcupine.Operation
			for _, p := range byName {
				parts = append(parts, p)
			}
			return parts
		},
		Init: func() any { return state{} },
		Step: func(s, in, out any) (bool, any) { return s.(state).step(in.(input), out.(output), reads) },
		DescribeOperation: func(in, out any) string {
			return fmt.Sprintf("%+v → %+v", in, out)
		},
	}
}

// checkTimeout bounds the search for an order.
const checkTimeout = 20 * time.Second

// History is what clients asked and were told.
type History struct{ log []porcupine.Operation }

// Check looks for an order of the operations, each within its interval, that explains every answer. Rollouts end with
// the read number reads; 0 is at once. An operation without an answer may have taken place at any time since, or never:
// it gets all the time there is, so that it may come after all others.
func (h History) Check(reads int) porcupine.CheckResult {
	const never = int64(1000 * time.Hour)
	var log []porcupine.Operation
	for _, o := range h.log {
		if o.Output.(output).lost() {
			if o.Input.(input).verb == getEndpoint && reads == 0 {
				continue // it changed nothing
			}
			o.Return = never
		}
		log = append(log, o)
	}
	return porcupine.CheckOperationsTimeout(specification(reads), log, checkTimeout)
}

// Len is the number of operations.
func (h History) Len() int { return len(h.log) }

// Written counts the writes that were acknowledged.
func (h History) Written() int {
	return h.count(func(in input, out output) bool { return in.verb != getEndpoint && out.status == http.StatusOK })
}

// Lost counts the operations without an answer.
func (h History) Lost() int { return h.count(func(_ input, out output) bool { return out.lost() }) }

func (h History) count(f func(input, output) bool) (n int) {
	for _, o := range h.log {
		if f(o.Input.(input), o.Output.(output)) {
			n++
		}
	}
	return n
}
