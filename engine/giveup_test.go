package engine

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/engine/backend/sim"
	"github.com/inference-iac/terraform-provider-inference/engine/checkpoint"
	"github.com/inference-iac/terraform-provider-inference/engine/model"
	"github.com/inference-iac/terraform-provider-inference/engine/roofline"
)

// interrupted is a model in whose every step somebody comes.
type interrupted struct {
	*sim.Model
	come             func()
	givenUp, reached int
}

var errStarved = errors.New("a prompt does not get on")

func (m *interrupted) Forward(rows []model.Row, stop func() bool) (model.Output, error) {
	if m.come(); stop != nil && stop() {
		if m.givenUp++; m.givenUp > 1000 {
			return model.Output{}, errStarved
		}
		return model.Output{}, model.ErrStopped
	}
	m.reached++
	return m.Model.Forward(rows, stop)
}

// TestALongPromptGetsOn lets somebody come in every step: each second step of a
// long prompt is computed all the same.
func TestALongPromptGetsOn(t *testing.T) {
	f, err := model.OpenFS(checkpoint.Files())
	if err != nil {
		t.Fatal(err)
	}
	o, err := Options{TokenBudget: 64, Blocks: 100}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(o)
	e.files, e.chunked = f, true
	if e.tokenizer, e.template, err = loadText(f); err != nil {
		t.Fatal(err)
	}
	gpu, err := roofline.Find("T4")
	if err != nil {
		t.Fatal(err)
	}
	s := roofline.Shape{Parameters: 1e6, Layers: 2, Heads: 4, KVHeads: 4, HeadDim: 16, Context: 1024, WeightBytes: 2, KVBytes: 2}
	e.config = model.Config{Hidden: 64, Layers: 2, Heads: 4, KVHeads: 4, HeadDim: 16, Context: 1024, Vocab: e.tokenizer.Size()}
	e.info.Parameters = 1e6
	m, err := sim.New(gpu, s, sim.Config{Vocab: e.config.Vocab, Hidden: 64, Wait: func(time.Duration) {}})
	if err != nil {
		t.Fatal(err)
	}
	fake := &interrupted{Model: m, come: e.nudge}
	e.decoder, e.backend = fake, fake
	if err := e.start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	stream, err := e.Submit(t.Context(), Request{Prompt: strings.Repeat("a long prompt ", 150), MaxTokens: 3})
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = stream.Next(t.Context())
	}
	if !errors.Is(err, io.EOF) {
		t.Fatalf("%v after %d steps of which %d were given up", err, fake.reached+fake.givenUp, fake.givenUp)
	}
	if fake.givenUp == 0 || fake.givenUp > fake.reached {
		t.Errorf("%d steps were given up, %d computed", fake.givenUp, fake.reached)
	}
}
