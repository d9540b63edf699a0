package engine

import (
	"fmt"
	"runtime"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
)

// Format is the number format that weights are computed in.
type Format = backend.Format

// Formats of Options.Format.
const (
	AsStored = backend.AsStored // what the checkpoint holds, mapped instead of copied where possible
	F32      = backend.F32      // 4 bytes a weight
	BF16     = backend.BF16     // 2 bytes a weight
	Int8     = backend.Int8     // 1 byte a weight, quantised while loading
)

// Options configures an Engine. The zero value is a good default.
type Options struct {
	MaxSequences int              // sequences in one step; default 32
	TokenBudget  int              // tokens in one step; default 512; at least MaxSequences
	BlockSize    int              // tokens per KV block; default 16
	Blocks       int              // KV blocks in the pool; default from the model's context and MaxSequences, bounded
	Threads      int              // default runtime.GOMAXPROCS(0)
	Format       Format           // "" as stored, "f32", "bf16" or "int8"
	Static       bool             // static batching, to measure what continuous batching gains
	Clock        func() time.Time // default time.Now
}

// withDefaults fills what is zero and refuses what cannot work.
func (o Options) withDefaults() (Options, error) {
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{
		{"MaxSequences", &o.MaxSequences, 32},
		{"TokenBudget", &o.TokenBudget, max(512, o.MaxSequences)},
		{"BlockSize", &o.BlockSize, 16},
		{"Blocks", &o.Blocks, 0},
		{"Threads", &o.Threads, runtime.GOMAXPROCS(0)},
	} {
		if *f.value < 0 {
			return o, fmt.Errorf("option %s is negative: %d", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if o.TokenBudget < o.MaxSequences {
		return o, fmt.Errorf("option TokenBudget (%d) is below MaxSequences (%d): a running sequence could starve", o.TokenBudget, o.MaxSequences)
	}
	if err := o.Format.Validate(); err != nil {
		return o, err
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o, nil
}
