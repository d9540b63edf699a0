package sim

import (
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/roofline"
)

// Model is a simulated causal model. It serves one goroutine.
type Model struct {
	gpu    roofline.GPU
	shape  roofline.Shape
	vocab  int
	hidden int
	next   map[int32]int32 // what follows a token
	first  int32           // what follows all others
	wait   func(time.Duration)
	out    model.Output
	cache  int
}

// Config is what a simulated model needs beside its shape.
type Config struct {
	Vocab, Hidden int
	Text          []int32             // what it writes; tokens that repeat are left out
	End           int32               // what comes after the text
	Wait          func(time.Duration) // time.Sleep
}

// New refuses a shape that does not fit the GPU, as the hardware would.
func New(g roofline.GPU, s roofline.Shape, c Config) (*Model, error) {
	if _, err := roofline.Positions(g, s); err != nil {
		return nil, err
	}
	m := &Model{gpu: g, shape: s, vocab: c.Vocab, hidden: c.Hidden, next: map[int32]int32{}, first: c.End, wait: c.Wait}
	last := int32(-1)
	for _, t := range append(c.Text[:len(c.Text):len(c.Text)], c.End) {
		if _, known := m.next[t]; known {
			continue
		}
		if last < 0 {
			m.first = t
		} else {
			m.next[last] = t
		}
		m.next[t], last = c.End, t
	}
	return m, nil
}

// Reserve implements what the engine asks of a causal model: nothing is allocated.
func (m *Model) Reserve(blocks, size int) error {
	m.cache = blocks * size * int(m.shape.CacheBytes())
	return nil
}

// KVBytes is the size that the cache would have.
func (m *Model) KVBytes() int { return m.cache }

// Name says what is simulated.
func (m *Model) Name() string { return "simulated " + m.gpu.Name }

// Close frees nothing.
func (m *Model) Close() error { return nil }

// Forward waits as long as the step would take, then prefers for every row that
// wants logits the token that follows its own. A step is never given up.
func (m *Model) Forward(rows []model.Row, _ func() bool) (model.Output, error) {
	m.wait(roofline.Duration(m.gpu, m.shape, Step(rows)))
	logits, hidden := 0, 0
	for _, r := range rows {
		if r.Logits {
			logits++
		}
		if r.Hidden {
			hidden++
		}
	}
	m.out.Logits = make([]float32, logits*m.vocab)
	m.out.Hidden = make([]float32, hidden*m.hidden)
	l, h := m.out.Logits, m.out.Hidden
	for _, r := range rows {
		if r.Logits {
			l[m.follow(r.Token)] = certain
			l = l[m.vocab:]
		}
		if r.Hidden {
			h[int(r.Token)%m.hidden] = 1
			h = h[m.hidden:]
		}
	}
	return m.out, nil
}

// certain makes the wanted token the only likely one at every temperature.
const certain = 1e4

func (m *Model) follow(t int32) int32 {
	if n, ok := m.next[t]; ok {
		return n
	}
	return m.first
}

// Step is the work of rows: what each sees, and what each sequence reads. Rows of
// one sequence share its table.
func Step(rows []model.Row) roofline.Step {
	st := roofline.Step{Tokens: len(rows)}
	for i, r := range rows {
		st.Attended += float64(r.Pos + 1)
		// The last row of a sequence sees all that the sequence reads.
		if i+1 == len(rows) || &rows[i+1].Table[0] != &r.Table[0] {
			st.Cached += float64(r.Pos + 1)
		}
	}
	return st
}
