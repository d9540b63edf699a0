package coordinator

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/endpointconfig"
)

// API is what the coordinator needs of the serving API. Its errors say what they mean to a batch by methods of
// theirs, each optional: Invalid() bool, Conflict() bool, Unheard() bool.
type API interface {
	GetEndpoint(ctx context.Context, name string) (api.Endpoint, error)
	PutConfig(ctx context.Context, name string, c api.ConfigInput) (api.Endpoint, error)
}

// Options tune a Coordinator. Zero values stand for the defaults.
type Options struct {
	Settle  time.Duration                                                // how long a lane waits for siblings; default 100 ms
	Poll    time.Duration                                                // first interval between reads of a rollout; default 1 s
	PollMax time.Duration                                                // longest such interval; default 10 s
	Fresh   time.Duration                                                // how long a read may be shared; default 30 s
	Jitter  func() float64                                               // random numbers in [0, 1); default math/rand
	Log     func(ctx context.Context, msg string, fields map[string]any) // default: nothing
}

// Mutation edits a draft. It is pure and idempotent, because it is run again whenever the endpoint changed
// underneath, and it sees only the draft.
type Mutation func(*endpointconfig.Draft) error

// Result tells what became of a mutation.
type Result struct {
	Endpoint api.Endpoint
	Version  int64    // the config version that holds the mutation
	Sent     bool     // false: it was live, or on its way, without a write
	Warnings []string // claims that could not be honoured exactly, and writes of others that were replaced
}

// Coordinator serialises config writes per endpoint and shares reads. It is safe for concurrent use.
type Coordinator struct {
	api API
	o   Options

	mu    sync.Mutex
	lanes map[string]*lane
	views map[string]*view
}

// New returns a Coordinator over a.
func New(a API, o Options) *Coordinator {
	or := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	or(&o.Settle, 100*time.Millisecond)
	or(&o.Poll, time.Second)
	or(&o.PollMax, 10*time.Second)
	or(&o.Fresh, 30*time.Second)
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Log == nil {
		o.Log = func(context.Context, string, map[string]any) {}
	}
	return &Coordinator{api: a, o: o, lanes: map[string]*lane{}, views: map[string]*view{}}
}

// Apply folds m into the next config update of endpoint and returns once the API has taken it, or at once if
// it changes nothing. A context that ends before the write drops m; once the write is on its way, its outcome
// is reported whatever becomes of ctx, so that nothing is orphaned.
//
// Errors are those of m, of the API, or of ctx.
func (c *Coordinator) Apply(ctx context.Context, endpoint string, m Mutation) (Result, error) {
	k := &call{ctx: ctx, mutate: m, done: make(chan outcome, 1)}
	c.enqueue(endpoint, k)
	select {
	case o := <-k.done:
		return o.Result, o.err
	case <-ctx.Done():
	}
	if k.drop() {
		return Result{}, context.Cause(ctx)
	}
	o := <-k.done
	return o.Result, o.err
}
