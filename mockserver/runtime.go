package mockserver

import (
	"context"
	"sync"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// backend answers for served entities. Each kind of backend has one adapter.
type backend interface {
	// generate starts n texts for one prompt or chat; ending ctx frees what it holds.
	generate(ctx context.Context, r generation) (tokenStream, error)
	// embed returns a vector for each input and the number of tokens in all.
	embed(ctx context.Context, inputs []string) ([][]float32, int, error)
	close() error
}

// generation is what a backend is asked for: a prompt, or messages.
type generation struct {
	prompt      string
	messages    []api.ChatMessage
	maxTokens   int
	temperature float64
	topP        float64 // 1: all
	topK        int     // 0: all
	seed        *int64
	stop        []string
	n           int
	logprobs    bool
	topLogprobs int
}

// tokenStream hands out text as it is generated.
type tokenStream interface {
	// next returns io.EOF when all choices are finished.
	next(ctx context.Context) (piece, error)
	// usage counts the tokens so far.
	usage() (prompt, completion int)
}

// piece is what one step adds to one choice.
type piece struct {
	choice   int
	text     string
	logprobs []api.TokenLogprob
	finish   string // stop or length with the last piece of a choice
}

// backends opens backends at the first invocation that needs them.
type backends struct {
	open func() (backend, error)

	mu     *sync.Mutex
	opened *backend
}

func newBackends(o Options) backends {
	b := backends{open: openEngine, mu: &sync.Mutex{}, opened: new(backend)}
	if o.Simulate {
		b.open = func() (backend, error) { return simulated{}, nil }
	}
	return b
}

// get returns the backend of the embedded model.
func (b backends) get() (backend, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if *b.opened == nil {
		opened, err := b.open()
		if err != nil {
			return nil, err
		}
		*b.opened = opened
	}
	return *b.opened, nil
}

func (b backends) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if *b.opened == nil {
		return nil
	}
	err := (*b.opened).close()
	*b.opened = nil
	return err
}
