package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/tools/harness"
)

const (
	invocations = 200
	atOnce      = 8
	// tolerance is how many percentage points a split of 200 draws may be off; three standard deviations
	// of an even one are 10.6.
	tolerance = 11.0
)

// outputs are the scenario's outputs.
type outputs struct {
	EndpointName struct{ Value string }            `json:"endpoint_name"`
	Traffic      struct{ Value map[string]int }    `json:"traffic"`  // entity name to percent
	Entities     struct{ Value map[string]string } `json:"entities"` // role to entity name
}

// demo carries what the steps find out for the summary.
type demo struct {
	out    io.Writer
	server *harness.Server
	cli    harness.CLI

	endpoints, entities, routes int
	configUpdates               int
	seen, wanted                string
	secrets                     int
}

// summary is the last line, for people and for scripts.
func (d *demo) summary() string {
	return fmt.Sprintf("demo ok: endpoints=%d entities=%d routes=%d config_updates=%d invocations=%d split=%s wanted=%s plan=empty secrets_in_state=%d",
		d.endpoints, d.entities, d.routes, d.configUpdates, invocations, d.seen, d.wanted, d.secrets)
}

// steps are the demo, in order; the first that fails ends it.
func (d *demo) steps(ctx context.Context) error {
	d.say("mock server", d.server.URL+", where an hour of rollout takes six seconds")
	for _, step := range []func(context.Context) error{
		d.init, d.apply, d.plan, d.traffic, d.chat, d.shift, d.secretsInState, d.destroy,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) init(ctx context.Context) error {
	took := stopwatch()
	if _, err := d.cli.Run(ctx, "init", "-input=false"); err != nil {
		return err
	}
	d.say(d.cli.Name()+" init", "provider from a mirror on disk, no network"+took())
	return nil
}

func (d *demo) apply(ctx context.Context) error {
	took := stopwatch()
	out, err := d.cli.Run(ctx, "apply", "-auto-approve", "-input=false")
	if err != nil {
		return err
	}
	requests, err := d.server.Requests(ctx)
	if err != nil {
		return err
	}
	e, err := d.endpoint(ctx)
	if err != nil {
		return err
	}
	if e.Config == nil || e.Config.TrafficConfig == nil {
		return fmt.Errorf("endpoint %s has no active config with traffic after the apply", e.Name)
	}
	d.endpoints, d.entities, d.routes = requests["create_endpoint"], len(e.Config.ServedEntities), len(e.Config.TrafficConfig.Routes)
	d.configUpdates = requests["put_config"]
	d.say(d.cli.Name()+" apply", fmt.Sprintf("%s %d POST, %d PUT config%s", applied(out), d.endpoints, d.configUpdates, took()))
	return nil
}

func (d *demo) plan(ctx context.Context) error {
	took := stopwatch()
	if _, err := d.cli.Run(ctx, "plan", "-detailed-exitcode", "-input=false"); err != nil {
		return fmt.Errorf("the second plan is not empty: %w", err)
	}
	d.say(d.cli.Name()+" plan", "empty"+took())
	return nil
}

func (d *demo) traffic(ctx context.Context) error {
	o, err := d.outputs(ctx)
	if err != nil {
		return err
	}
	d.seen, d.wanted, err = d.split(ctx, o)
	return err
}

// split sends a burst and compares what answered with what the configuration asks for.
func (d *demo) split(ctx context.Context, o outputs) (seen, wanted string, err error) {
	took := stopwatch()
	answers, err := chatter{d.server}.burst(ctx, o.EndpointName.Value, invocations, atOnce)
	if err != nil {
		return "", "", err
	}
	champion, challenger := o.Entities.Value["champion"], o.Entities.Value["challenger"]
	if n := answers[champion] + answers[challenger]; n != invocations {
		return "", "", fmt.Errorf("%d of %d invocations were answered by %s and %s: %v", n, invocations, champion, challenger, answers)
	}
	share := 100 * float64(answers[challenger]) / invocations
	want := o.Traffic.Value[challenger]
	if diff := share - float64(want); diff > tolerance || diff < -tolerance {
		return "", "", fmt.Errorf("%s answered %.1f %% of %d invocations, wanted %d %%", challenger, share, invocations, want)
	}
	seen = fmt.Sprintf("%.0f/%.0f", 100-share, share)
	wanted = fmt.Sprintf("%d/%d", o.Traffic.Value[champion], want)
	d.say("invocations", fmt.Sprintf("%d, %d at once: split %s, wanted %s%s", invocations, atOnce, seen, wanted, took()))
	return seen, wanted, nil
}

func (d *demo) chat(ctx context.Context) error {
	o, err := d.outputs(ctx)
	if err != nil {
		return err
	}
	const question = "What is a serving endpoint?"
	d.say("streamed chat", question)
	entity, frames, err := chatter{d.server}.stream(ctx, o.EndpointName.Value, question, &indented{out: d.out})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(d.out, "\n    (%d frames from %s)\n", frames, entity)
	return nil
}

func (d *demo) shift(ctx context.Context) error {
	took := stopwatch()
	before, err := d.server.Requests(ctx)
	if err != nil {
		return err
	}
	const percent = 50
	variable := fmt.Sprintf("-var=challenger_percentage=%d", percent)
	out, err := d.cli.Run(ctx, "apply", "-auto-approve", "-input=false", variable)
	if err != nil {
		return err
	}
	after, err := d.server.Requests(ctx)
	if err != nil {
		return err
	}
	d.say(d.cli.Name()+" apply", fmt.Sprintf("%s challenger at %d %%, %d PUT config%s",
		applied(out), percent, after["put_config"]-before["put_config"], took()))
	e, err := d.endpoint(ctx)
	if err != nil {
		return err
	}
	for _, r := range e.Config.TrafficConfig.Routes {
		if r.TrafficPercentage != percent {
			return fmt.Errorf("after the shift the server routes %d %% to %s, wanted %d %%", r.TrafficPercentage, r.ServedEntityName, percent)
		}
	}
	o, err := d.outputs(ctx)
	if err != nil {
		return err
	}
	_, _, err = d.split(ctx, o)
	return err
}

func (d *demo) secretsInState(context.Context) (err error) {
	if d.secrets, err = d.cli.Count(d.server.Token); err != nil {
		return err
	}
	if d.secrets > 0 {
		return fmt.Errorf("the token stands %d times in state", d.secrets)
	}
	d.say("secrets in state", "none")
	return nil
}

func (d *demo) destroy(ctx context.Context) error {
	took := stopwatch()
	if _, err := d.cli.Run(ctx, "destroy", "-auto-approve", "-input=false"); err != nil {
		return err
	}
	var left api.EndpointList
	if err := d.server.Get(ctx, api.PathEndpoints, &left); err != nil {
		return err
	}
	if n := len(left.Endpoints); n > 0 {
		return fmt.Errorf("%d endpoints are left on the server after destroy", n)
	}
	d.say(d.cli.Name()+" destroy", "nothing is left on the server"+took())
	return nil
}

// endpoint asks the server, not the state, for the endpoint.
func (d *demo) endpoint(ctx context.Context) (e api.Endpoint, err error) {
	o, err := d.outputs(ctx)
	if err != nil {
		return e, err
	}
	err = d.server.Get(ctx, api.EndpointPath(o.EndpointName.Value), &e)
	return e, err
}

func (d *demo) outputs(ctx context.Context) (o outputs, err error) {
	out, err := d.cli.Run(ctx, "output", "-json")
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		return o, fmt.Errorf("decode the outputs: %w", err)
	}
	return o, nil
}

// say prints one step.
func (d *demo) say(what, how string) { _, _ = fmt.Fprintf(d.out, "  %-18s %s\n", what, how) }

// applied is the CLI's own sentence on what an apply did.
func applied(out string) string {
	for line := range strings.Lines(out) {
		if s, ok := strings.CutPrefix(strings.TrimSpace(line), "Apply complete! Resources: "); ok {
			return strings.TrimSuffix(s, ".") + ";"
		}
	}
	return ""
}

// stopwatch starts now; the function that it returns formats what has passed.
func stopwatch() func() string {
	start := time.Now()
	return func() string { return fmt.Sprintf(" (%.1f s)", time.Since(start).Seconds()) }
}
