package mockserver

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// piiMask stands where personal data stood.
const piiMask = "[REDACTED]"

// pii matches personal data: e-mail addresses, card and social security numbers, phone numbers, IPv4
// addresses. What the real guardrail finds is not documented in detail.
var pii = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+` +
	`|\b(?:\d[ -]?){13,16}\b` +
	`|\b\d{3}-\d{2}-\d{4}\b` +
	`|(?:\+\d{1,3}[ .-]?)?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b` +
	`|\b(?:\d{1,3}\.){3}\d{1,3}\b`)

// guard is one direction of an endpoint's guardrails.
type guard struct {
	direction string // input or output
	params    *api.GuardrailParameters
}

func (g guard) active() bool {
	return g.params != nil && (len(g.params.InvalidKeywords) > 0 || (g.params.PII != nil && slices.Contains([]string{"BLOCK", "MASK"}, g.params.PII.Behavior)))
}

// check returns a text as it may pass, or refuses it. It never repeats what it found.
func (g guard) check(text string) (string, error) {
	if !g.active() {
		return text, nil
	}
	for _, k := range g.params.InvalidKeywords {
		if k != "" && strings.Contains(strings.ToLower(text), strings.ToLower(k)) {
			return "", badRequest("The %s was blocked by a guardrail: it contains an invalid keyword.", g.direction)
		}
	}
	if g.params.PII == nil {
		return text, nil
	}
	switch g.params.PII.Behavior {
	case "BLOCK":
		if pii.MatchString(text) {
			return "", badRequest("The %s was blocked by a guardrail: it contains personal data.", g.direction)
		}
	case "MASK":
		text = pii.ReplaceAllString(text, piiMask)
	}
	return text, nil
}

// guards are the two directions of an endpoint.
func (r *record) guards() (input, output guard) {
	input.direction, output.direction = "request", "answer"
	if r.AIGateway != nil && r.AIGateway.Guardrails != nil {
		input.params, output.params = r.AIGateway.Guardrails.Input, r.AIGateway.Guardrails.Output
	}
	return input, output
}

// apply checks everything that a query says.
func (g guard) apply(q *query) error {
	if !g.active() {
		return nil
	}
	for i := range q.generations {
		p := &q.generations[i]
		p.messages = slices.Clone(p.messages)
		texts := []*string{&p.prompt}
		for m := range p.messages {
			texts = append(texts, &p.messages[m].Content)
		}
		if err := g.replace(texts); err != nil {
			return err
		}
	}
	q.inputs = slices.Clone(q.inputs)
	for i := range q.inputs {
		if err := g.replace([]*string{&q.inputs[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (g guard) replace(texts []*string) error {
	for _, t := range texts {
		checked, err := g.check(*t)
		if err != nil {
			return err
		}
		*t = checked
	}
	return nil
}

// guarded checks whole texts: it reads a stream to its end before it hands out a piece for each choice.
type guarded struct {
	tokenStream
	guard  guard
	n      int
	pieces []piece
	read   bool
}

func (s *guarded) next(ctx context.Context) (piece, error) {
	if !s.read {
		choices, err := collect(ctx, s.tokenStream, s.n)
		if err != nil {
			return piece{}, err
		}
		s.read = true
		for i := range choices {
			text, err := s.guard.check(choices[i].text.String())
			if err != nil {
				return piece{}, err
			}
			s.pieces = append(s.pieces, piece{choice: i, text: text, finish: choices[i].finish})
		}
	}
	if len(s.pieces) == 0 {
		return piece{}, io.EOF
	}
	p := s.pieces[0]
	s.pieces = s.pieces[1:]
	return p, nil
}
