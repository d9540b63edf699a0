package mockserver

import (
	"context"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/mockserver/launcher"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// now is the engine's backend, or why there is none. What the engine printed is for those who may see its log, and
// whoever may query the endpoint need not be one of them.
func (l *launched) now() (upstream.Backend, error) {
	if b := l.backend.Load(); b != nil {
		return *b, nil
	}
	why, _, _ := strings.Cut(l.report().message, launcher.LastLines)
	return nil, &upstream.Error{Upstream: l.place.Name, Kind: upstream.ErrNotReady, Message: why}
}

// Generate asks the engine, if it runs.
func (l *launched) Generate(ctx context.Context, r upstream.Request, keys upstream.KeyFunc) (*upstream.Stream, error) {
	b, err := l.now()
	if err != nil {
		return nil, err
	}
	return b.Generate(ctx, r, keys)
}

// Embed asks the engine, if it runs.
func (l *launched) Embed(ctx context.Context, inputs []string, keys upstream.KeyFunc) (upstream.Embeddings, error) {
	b, err := l.now()
	if err != nil {
		return upstream.Embeddings{}, err
	}
	return b.Embed(ctx, inputs, keys)
}

// Metrics asks the engine, if it runs and has any.
func (l *launched) Metrics(ctx context.Context, keys upstream.KeyFunc) (upstream.EngineMetrics, error) {
	b, err := l.now()
	if m, ok := b.(measured); err == nil && ok {
		return m.Metrics(ctx, keys)
	}
	return upstream.EngineMetrics{}, err
}

// Ready repeats what the launcher knows: it asks all the time.
func (l *launched) Ready(context.Context, upstream.KeyFunc) error {
	if r := l.report(); !r.ready {
		return &upstream.Error{Upstream: l.place.Name, Kind: upstream.ErrNotReady, Message: r.message}
	}
	return nil
}

// Close does nothing: the fleet stops engines.
func (l *launched) Close() {}
