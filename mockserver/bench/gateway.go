package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// What the gateway is measured with: streams of 64 tokens at the pace of a large model.
const (
	tokenGap     = 20 * time.Millisecond
	tokenCount   = 64
	streamRamp   = time.Second
	firstStreams = 8  // at once, where the first frame is what counts
	firstRepeats = 25 // of each
)

const (
	throughEngine   = "bench-engine"
	throughProvider = "bench-provider"
	streamed        = `{"messages":[{"role":"user","content":"What is a serving endpoint?"}],"max_tokens":64,"stream":true}`
	tracked         = `"ai_gateway":{"usage_tracking_config":{"enabled":true}}`
)

// gateway is the mock server between a load and an upstream, beside its floor.
type gateway struct {
	upstream, floor, server *process
}

// startGateway starts all three. The server asks the upstream as an engine and as an external model.
func startGateway(ctx context.Context, s settings) (g gateway, err error) {
	defer func() {
		if err != nil {
			g.stop()
		}
	}()
	if g.upstream, err = startUpstream(ctx, paced{tokenCount, tokenGap}); err != nil {
		return g, err
	}
	if g.floor, err = startProxy(ctx, g.upstream.URL); err != nil {
		return g, err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return g, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the server has read it by then
	file := filepath.Join(dir, "engines.yaml")
	engines := fmt.Sprintf("engines:\n  - {kind: openai, base_url: %[1]s, model: llama, models: [system.ai.llama_3_1_8b_instruct]}\n"+
		"external:\n  allow: [127.0.0.0/8]\n  base_urls: {openai: %[1]s/v1}\n", g.upstream.URL)
	if err := os.WriteFile(file, []byte(engines), 0o600); err != nil {
		return g, err
	}
	if g.server, err = launch(pinned(ctx, serverCore, s.server, "serve", "--engines", file, "--external")); err != nil {
		return g, err
	}
	g.upstream.Token, g.floor.Token = g.server.Token, g.server.Token
	for name, entity := range map[string]string{
		throughEngine: `{"name":"a","entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":"1","workload_size":"Small","scale_to_zero_enabled":true}`,
		throughProvider: `{"name":"a","external_model":{"name":"llama","provider":"openai","task":"llm/v1/chat",` +
			`"openai_config":{"openai_api_key_plaintext":"sk-bench"}}}`,
	} {
		body := fmt.Sprintf(`{"name":%q,"config":{"served_entities":[%s]},%s}`, name, entity, tracked)
		if _, err := g.server.ask(ctx, step{http.MethodPost, endpoints, body}); err != nil {
			return g, err
		}
	}
	return g, nil
}

func (g gateway) stop() {
	for _, p := range []*process{g.server, g.floor, g.upstream} {
		if p != nil {
			_ = p.stop() // killed
		}
	}
}

// asked is a request to an upstream, and the same to an endpoint.
func asked(body string) step { return step{http.MethodPost, "/v1/chat/completions", body} }
func invoked(endpoint, body string) step {
	return step{http.MethodPost, "/serving-endpoints/" + endpoint + "/invocations", body}
}

// measureProxying compares requests that don't stream with those through the floor.
func measureProxying(ctx context.Context, s settings, r *report) error {
	g, err := startGateway(ctx, s)
	if err != nil {
		return err
	}
	defer g.stop()
	entrants := []contestant{
		{g.upstream, "direct", []step{asked(chat)}},
		{g.floor, "floor", []step{asked(chat)}},
		{g.server, "engine", []step{invoked(throughEngine, chat)}},
		{g.server, "provider", []step{invoked(throughProvider, chat)}},
	}
	for _, connections := range []int{1, 32} {
		h, err := contest(ctx, s.rounds, order{Connections: connections, Length: s.length}, entrants...)
		if err != nil {
			return err
		}
		for i, e := range entrants {
			r.figure(fmt.Sprintf("gateway-%s-c%d", e.name, connections), "%.0f/s p50 %.0fµs p99 %.0fµs cpu %.1fµs",
				h[i].median(perSecond), h[i].median(p50), h[i].median(p99), h[i].median(cpu))
		}
		direct, floor, server := h[0], h[1], h[2]
		if connections == 1 {
			added := func(h heats) float64 { return h.median(p50) - direct.median(p50) }
			r.figure("gateway-added-p50", "%.0fµs, floor %.0fµs", added(server), added(floor))
			r.atMost("gateway-added-p50-of-floor", added(server)/added(floor), 1.2, "x")
			continue
		}
		r.atLeast("gateway-rate-of-floor", server.ratio(perSecond, floor), 0.75, "x")
		r.atMost("gateway-cpu-of-floor", server.ratio(cpu, floor), 1.4, "x")
	}
	if mb, known := g.server.resident(); known {
		r.atMost("gateway-resident-loaded", mb, 40, "MB")
	}
	return nil
}

// measureStreaming compares streams with those that come straight from the upstream.
func measureStreaming(ctx context.Context, s settings, r *report) error {
	g, err := startGateway(ctx, s)
	if err != nil {
		return err
	}
	defer g.stop()
	entrants := []contestant{
		{g.upstream, "direct", []step{asked(streamed)}},
		{g.floor, "floor", []step{asked(streamed)}},
		{g.server, "engine", []step{invoked(throughEngine, streamed)}},
	}
	var seen []streamResult
	for _, e := range entrants {
		few, err := listen(ctx, streamOrder{URL: e.URL, Token: e.Token, Step: e.steps[0], Streams: firstStreams, Repeats: firstRepeats, Frames: tokenCount, Ramp: streamRamp})
		if err != nil {
			return err
		}
		many, err := listen(ctx, streamOrder{URL: e.URL, Token: e.Token, Step: e.steps[0], Streams: s.streams, Repeats: 1, Frames: tokenCount, Ramp: streamRamp})
		if err != nil {
			return err
		}
		r.figure("gateway-stream-"+e.name, "first frame p50 %s p99 %s; %d streams: %d whole, added gap p50 %s p99 %s, transit p99 %s %s",
			few.First50, few.First99, s.streams, many.Whole, many.Gap50, many.Gap99, many.Transit, few.Problems+many.Problems)
		many.First50, many.First99 = few.First50, few.First99
		seen = append(seen, many)
	}
	direct, engine := seen[0], seen[2]
	r.atMost("gateway-first-frame-p99", millis(engine.First99-direct.First99), 1, "ms")
	r.atLeast("gateway-whole-streams", float64(engine.Whole), float64(s.streams), "")
	r.atMost("gateway-gap-p99", millis(engine.Gap99-direct.Gap99), 1, "ms")
	server, known := g.server.resident()
	if floor, _ := g.floor.resident(); known {
		r.figure("gateway-resident-after-streams", "%.1fMB, floor %.1fMB", server, floor)
	}
	return nil
}
