package mockserver

import (
	"context"
	"errors"
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
	seed        uint64
	seeded      bool // the request names the seed
	stop        []string
	n           int
	logprobs    bool
	topLogprobs int
	stream      bool // the client reads text as it is generated
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

// backends opens backends at the first invocation that needs them, one for each checkpoint directory.
type backends struct {
	open func(dir string) (backend, error)

	mu     sync.Mutex
	opened map[string]backend
}

// get returns the backend of a directory; an empty one is the embedded model.
func (b *backends) get(dir string) (backend, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if opened, ok := b.opened[dir]; ok {
		return opened, nil
	}
	opened, err := b.open(dir)
	if err != nil {
		return nil, err
	}
	if b.opened == nil {
		b.opened = map[string]backend{}
	}
	b.opened[dir] = opened
	return opened, nil
}

func (b *backends) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, opened := range b.opened {
		errs = append(errs, opened.close())
	}
	b.opened = nil
	return errors.Join(errs...)
}
