package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/inference-iac/terraform-provider-inference/engine/backend/cpu"
	"github.com/inference-iac/terraform-provider-inference/engine/chat"
	"github.com/inference-iac/terraform-provider-inference/engine/checkpoint"
	"github.com/inference-iac/terraform-provider-inference/engine/kvcache"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/sample"
	"github.com/inference-iac/terraform-provider-inference/engine/scheduler"
	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// Engine answers requests with one model. All its methods are safe for
// concurrent use; one goroutine computes.
type Engine struct {
	options   Options
	files     *model.Files
	backend   closer
	config    model.Config
	decoder   decoder        // of a causal model
	encoder   *model.Encoder // of a model that only embeds; the other is nil
	tokenizer *tokenizer.Tokenizer
	template  *chat.Template // nil: the model has none
	info      Info
	maxLen    int  // tokens of one sequence, prompt and answer
	chunked   bool // long prompts go in small parts
	ends      map[int32]bool

	// The step loop alone uses these.
	scheduler *scheduler.Scheduler
	cache     *kvcache.Cache
	samplers  []sample.Sampler                      // by worker
	each      func(n int, f func(worker, part int)) // shares parts out over the backend's threads
	draws     []draw
	rows      []model.Row
	planned   []*sequence
	gaveUp    bool // the last step ended early, so the next must not
	live      map[*scheduler.Sequence]*sequence

	mu      sync.Mutex
	changed atomic.Bool    // inbox or aborts hold something; read without mu
	inbox   []*job         // submitted, not yet seen by the loop
	aborts  []*job         // given up by their callers
	closed  bool           // no more is taken
	metrics metricsCounter // read by Metrics
	wake    chan struct{}  // one token: the loop should look
	done    chan struct{}  // closed when the loop has ended
	closing sync.Once
}

// closer is what computes, as far as the engine itself deals with it.
type closer interface {
	Name() string
	Close() error
}

// decoder is a causal model, computed or simulated.
type decoder interface {
	Reserve(blocks, size int) error
	KVBytes() int
	Forward(rows []model.Row, stop func() bool) (model.Output, error)
}

// Default opens the checkpoint that is embedded in the binary: a tiny Llama that
// the project trained itself. Nothing is downloaded.
func Default(o Options) (*Engine, error) { return OpenFS(checkpoint.Files(), o) }

// Open loads a Hugging Face directory (config.json, tokenizer.json, safetensors)
// or an MLflow model directory with the transformers flavor. Weights are mapped
// where the number format allows; files must not change while the engine is open.
func Open(dir string, o Options) (*Engine, error) {
	f, err := model.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	return load(f, o)
}

// OpenFS loads the same from the root of any file system.
func OpenFS(fsys fs.FS, o Options) (*Engine, error) {
	f, err := model.OpenFS(fsys)
	if err != nil {
		return nil, err
	}
	return load(f, o)
}

// load builds an engine over opened files and owns them.
func load(f *model.Files, o Options) (_ *Engine, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	e := newEngine(o)
	e.files = f
	if e.tokenizer, e.template, err = loadText(f); err != nil {
		return nil, err
	}
	b := cpu.New(o.Threads)
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	e.backend, e.each, e.chunked = b, b.Each, true
	d, enc, err := model.Load(f, b, o.Format)
	if err != nil {
		return nil, err
	}
	if enc != nil {
		e.encoder, e.config = enc, enc.Config
		e.info.Parameters, e.info.WeightBytes = enc.Parameters, enc.WeightBytes
	} else {
		e.decoder, e.config = d, d.Config
		e.info.Parameters, e.info.WeightBytes = d.Parameters, d.WeightBytes
	}
	if err = e.start(); err != nil {
		return nil, err
	}
	return e, nil
}

func newEngine(o Options) *Engine {
	return &Engine{
		options: o, ends: map[int32]bool{}, live: map[*scheduler.Sequence]*sequence{},
		samplers: make([]sample.Sampler, o.Threads), each: oneByOne,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// start reserves memory and begins to run steps.
func (e *Engine) start() error {
	if err := e.reserve(); err != nil {
		return err
	}
	if err := e.describe(); err != nil {
		return err
	}
	e.metrics = newMetricsCounter(e.cache.Total())
	go e.loop()
	return nil
}

// Submit queues a request. The stream delivers what the steps add until all
// choices have finished; an end of ctx aborts the request within one step.
// Errors: ErrInvalidRequest, ErrTooLong, ErrClosed.
func (e *Engine) Submit(ctx context.Context, r Request) (*Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if err := r.validate(); err != nil {
		return nil, err
	}
	if e.encoder != nil {
		return nil, fmt.Errorf("%w: prompt: %s only makes embeddings", ErrInvalidRequest, e.config.Architecture)
	}
	tokens, err := e.encode(r)
	if err != nil {
		return nil, err
	}
	j := &job{stream: newStream(len(tokens)), arrived: e.options.Clock()}
	newSequences(e, r, tokens, j)
	if err := e.enqueue(ctx, j); err != nil {
		return nil, err
	}
	return j.stream, nil
}

// enqueue hands a job to the loop and watches its caller.
func (e *Engine) enqueue(ctx context.Context, j *job) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	j.release = context.AfterFunc(ctx, func() {
		j.stream.end(context.Cause(ctx))
		e.mu.Lock()
		e.aborts = append(e.aborts, j)
		e.mu.Unlock()
		e.nudge()
	})
	e.inbox = append(e.inbox, j)
	e.nudge()
	return nil
}

// nudge makes the loop look at its inbox.
func (e *Engine) nudge() {
	e.changed.Store(true)
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Info describes the loaded model.
func (e *Engine) Info() Info { return e.info }

// Close aborts what runs and frees everything. Streams that have not ended answer
// ErrClosed. No goroutine of the engine survives it.
func (e *Engine) Close() error {
	var err error
	e.closing.Do(func() {
		e.mu.Lock()
		e.closed = true
		e.mu.Unlock()
		e.nudge()
		<-e.done
		err = errors.Join(e.backend.Close(), e.files.Close())
	})
	<-e.done
	return err
}

// abort ends a job before its sequences have finished.
func (e *Engine) abort(j *job, err error) {
	for _, q := range j.sequences {
		e.drop(q)
	}
	e.record(func(m *metricsCounter) { m.finished[finishAbort] += uint64(j.open) })
	j.open = 0
	e.observeQueues()
	j.release()
	j.stream.end(err)
}
