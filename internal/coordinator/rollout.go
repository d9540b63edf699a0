package coordinator

import (
	"context"
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// RolloutError tells that a config was taken and does not serve: its update failed, was canceled, or another
// writer's took its place.
type RolloutError struct {
	Endpoint api.Endpoint // as last seen, with each entity's deployment_state_message
	Wanted   int64        // the config version that was to serve
}

// Active is the config version that serves, 0 for none.
func (e *RolloutError) Active() int64 {
	if e.Endpoint.Config == nil {
		return 0
	}
	return e.Endpoint.Config.ConfigVersion
}

func (e *RolloutError) Error() string {
	return fmt.Sprintf("config version %d of endpoint %q does not serve: the update ended %s, version %d is active",
		e.Wanted, e.Endpoint.Name, e.Endpoint.State.ConfigUpdate, e.Active())
}

const (
	reapplies = 3 // how often a mutation is applied again after others replaced it
	stale     = 3 // reads in a row that may still show the state before the write
)

// Roll applies m and waits until a config that holds it is active and serves. accepted, if not nil, is called
// as soon as the API has taken the write, before the wait: what must survive a failed rollout is recorded there.
// A mutation that another writer replaced meanwhile is applied again.
//
// Errors are those of Apply, and *RolloutError.
func (c *Coordinator) Roll(ctx context.Context, endpoint string, m Mutation, accepted func(Result)) (Result, error) {
	var last Result
	for range reapplies {
		r, err := c.Apply(ctx, endpoint, m)
		if err != nil {
			return r, err
		}
		last = r
		if accepted != nil {
			accepted(r)
		}
		e, err := c.Await(ctx, endpoint, Serving(r.Version))
		if err != nil {
			return r, err
		}
		if c.holds(e, m, r) {
			r.Endpoint = e
			return r, nil
		}
		c.o.Log(ctx, "another writer replaced the update, applying again", map[string]any{"endpoint": endpoint, "version": r.Version})
		last.Endpoint = e
	}
	return last, &RolloutError{Endpoint: last.Endpoint, Wanted: last.Version}
}

// Serving is true, for Await, once version, or one after it, is active and its entities are ready. It is a
// *RolloutError once that cannot come true any more.
func Serving(version int64) func(api.Endpoint) (bool, error) {
	behind := 0
	return func(e api.Endpoint) (bool, error) {
		failed := &RolloutError{Endpoint: e, Wanted: version}
		switch active := failed.Active(); {
		case active >= version:
			empty := e.Config == nil || len(e.Config.ServedEntities) == 0
			return empty || e.State.Ready == api.ReadyYes || e.State.Suspend == api.Stopped, nil
		case e.Updating():
			if e.PendingConfig != nil && e.PendingConfig.ConfigVersion > version {
				return false, failed // updates follow each other, so this one has ended without becoming active
			}
			behind = 0
			return false, nil
		case e.PendingConfig != nil && e.PendingConfig.ConfigVersion >= version:
			return false, failed
		}
		// Nothing rolls out and the version is not there: an old answer, or an update that left no trace.
		if behind++; behind > stale {
			return false, failed
		}
		return false, nil
	}
}

// holds reports whether the endpoint's target is the config that held m, or a later one that shows what m asks
// for: applied to it, m changes nothing that answers show. A split that was scaled when it was taken proves
// nothing by its shares.
func (c *Coordinator) holds(e api.Endpoint, m Mutation, r Result) bool {
	base := e.Target()
	if base != nil && base.ConfigVersion == r.Version {
		return true // even where the server shows it in words of its own
	}
	d := endpointconfig.New(base, endpointconfig.Memory{})
	if err := m(d); err != nil {
		return false
	}
	compiled := d.Compile()
	if len(r.Warnings) > 0 {
		compiled.Shares = endpointconfig.Shares(base)
	}
	return endpointconfig.Holds(base, compiled)
}
