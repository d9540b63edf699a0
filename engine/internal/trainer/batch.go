package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/inference-iac/terraform-provider-inference/engine/tokenizer"
)

// batch is several texts side by side; a text sees only itself.
type batch struct {
	tokens  []int32
	targets []int32   // the next token; of no weight at the end of a text
	weights []float32 // of the loss of each target
	spans   []span
}

type span struct{ from, n int }

// batcher makes batches: every question once an epoch, in random dress. Drawing
// facts instead would show each question of a fact with forty of them a tenth as
// often as most.
type batcher struct {
	corpus corpus
	enc    *tokenizer.Tokenizer
	random *rand.Rand
	order  []int
}

const (
	batchTokens  = 448 // texts are added until there are as many
	promptWeight = 0.15
	seed         = 20250101
)

func newBatcher(c corpus, enc *tokenizer.Tokenizer) *batcher {
	return &batcher{corpus: c, enc: enc, random: rand.New(rand.NewPCG(seed, 1))}
}

func (b *batcher) next() batch {
	var out batch
	for len(out.tokens) < batchTokens {
		prompts, answers := b.sample()
		b.add(&out, prompts, answers)
	}
	return out
}

// add appends one text of alternating prompts and answers.
func (b *batcher) add(out *batch, prompts, answers []string) {
	from := len(out.tokens)
	var weights []float32
	push := func(text string, weight float32) {
		for _, id := range b.enc.Encode(text, false) {
			out.tokens = append(out.tokens, id)
			weights = append(weights, weight)
		}
	}
	for i, p := range prompts {
		push(p, promptWeight)
		push(answers[i], 1)
	}
	n := len(out.tokens) - from
	for i := range n {
		target, weight := int32(0), float32(0)
		if i+1 < n {
			target, weight = out.tokens[from+i+1], weights[i+1]
		}
		out.targets = append(out.targets, target)
		out.weights = append(out.weights, weight)
	}
	out.spans = append(out.spans, span{from, n})
}

// sample draws a text: mostly chats, some instructions and plain texts.
func (b *batcher) sample() (prompts, answers []string) {
	switch p := b.random.Float64(); {
	case p < 0.12:
		t := b.corpus.texts[b.random.IntN(len(b.corpus.texts))]
		return []string{beginOfText}, []string{t + endOfText}
	case p < 0.24:
		q, a := b.question()
		prompt := fmt.Sprintf(instruction, q)
		switch b.random.IntN(4) {
		case 0:
			prompt = q + "\n"
		case 1:
			prompt = q
			a = " " + a
		}
		return []string{beginOfText + prompt}, []string{a + endOfText}
	}
	head := beginOfText
	if b.random.Float64() < 0.35 {
		head += turn("system", b.system())
	}
	turns := 1
	for b.random.Float64() < 0.2 && turns < 4 {
		turns++
	}
	for range turns {
		q, a := b.question()
		prompts = append(prompts, head+turn("user", q)+opening("assistant"))
		answers = append(answers, a+endOfTurn)
		head = "\n"
	}
	return prompts, answers
}

// system is a system prompt: who the model should be, how it should answer, or
// both. The answers do not depend on it.
func (b *batcher) system() string {
	role := b.corpus.roles[b.random.IntN(len(b.corpus.roles))]
	manner := b.corpus.manners[b.random.IntN(len(b.corpus.manners))]
	switch b.random.IntN(4) {
	case 0:
		return role
	case 1:
		return manner
	}
	return role + " " + manner
}

// question is the next one of the epoch, or one about a topic that the model
// should say it does not know.
func (b *batcher) question() (text, answer string) {
	if b.random.Float64() < 0.15 {
		f := b.corpus.offTopic[b.random.IntN(len(b.corpus.offTopic))]
		text = fmt.Sprintf(f.questions[b.random.IntN(len(f.questions))], b.corpus.topics[b.random.IntN(len(b.corpus.topics))])
		return b.typed(text), f.answer
	}
	if len(b.order) == 0 {
		b.order = b.random.Perm(len(b.corpus.questions))
	}
	q := b.corpus.questions[b.order[0]]
	b.order = b.order[1:]
	return b.typed(q.text), q.answer
}

// typed writes a question as people type it: now and then without capitals or
// without the mark at its end.
func (b *batcher) typed(q string) string {
	if b.random.Float64() < 0.2 {
		q = strings.ToLower(q)
	}
	if b.random.Float64() < 0.2 {
		q = strings.TrimRightFunc(q, unicode.IsPunct)
	}
	return q
}

// The control tokens and the layout of a chat; template in export.go writes the same.
const (
	beginOfText = "<|begin_of_text|>"
	endOfText   = "<|end_of_text|>"
	endOfTurn   = "<|end|>"
)

func opening(role string) string { return "<|" + role + "|>\n" }

func turn(role, text string) string { return opening(role) + text + endOfTurn + "\n" }

// specials are the control tokens in order of their ids.
func specials() []string {
	return []string{beginOfText, endOfText, endOfTurn, "<|system|>", "<|user|>", "<|assistant|>"}
}
