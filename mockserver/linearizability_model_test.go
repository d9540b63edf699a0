package mockserver_test

import (
	"fmt"
	"net/http"

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

// shows reports whether an answer is what the state looks like.
func (s state) shows(o output) bool {
	return o.status == http.StatusOK && o.id == s.id && o.active == s.active && o.pending == s.pending
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
		return s.shows(out), s
	case putConfig:
		switch {
		case !s.exists:
			return out.status == http.StatusNotFound, s
		case s.pending != (config{}):
			return out.status == http.StatusConflict, s
		}
		s = s.deploy(in.entity, reads)
		return s.shows(out), s
	default:
		if !s.exists {
			return out.status == http.StatusNotFound, s
		}
		return out.status == http.StatusOK, state{}
	}
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
