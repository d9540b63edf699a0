package llmapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// generation is what a model is asked for: the continuation of a text or of its embeddings.
type generation struct {
	text       string
	embeddings [][]float32 // in place of a text
	maxPrompt  int
	maxNew     int
	sampling   sampling
	stop       []string
}

// sampling holds what Hugging Face's generate takes under these names.
type sampling struct {
	do                bool // false: greedy, whatever the others say
	temperature, topP float64
	topK              int
	seed              *uint64 // nil: another one each time
}

// value is one value of an input: what a form or gRPC sends, a JSON string, or another JSON literal.
type value struct {
	text    string
	literal bool
}

// input is a request's body by field. Forms may repeat a field.
type input map[string][]value

// parameter sets one generation parameter.
type parameter func(g *generation, v value) error

// parameterTable names the parameters of generate that are understood.
func parameterTable(limits GenerationSettings) map[string]parameter {
	number := func(to func(*generation) *float64, high float64) parameter {
		return func(g *generation, v value) error {
			n, err := strconv.ParseFloat(v.text, 64)
			if err != nil || math.IsNaN(n) || n <= 0 || n > high {
				return fmt.Errorf("must be above 0 and at most %g, got %q", high, v.text)
			}
			*to(g) = n
			return nil
		}
	}
	only := func(want float64) parameter {
		return func(_ *generation, v value) error {
			if n, err := strconv.ParseFloat(v.text, 64); err != nil || n != want {
				return fmt.Errorf("must be %g, the engine has no other, got %q", want, v.text)
			}
			return nil
		}
	}
	return map[string]parameter{
		"max_new_tokens": func(g *generation, v value) error { return parseInt(v.text, 1, int64(limits.MaxNew), &g.maxNew) },
		"do_sample":      func(g *generation, v value) error { return parseBool(v.text, &g.sampling.do) },
		"temperature":    number(func(g *generation) *float64 { return &g.sampling.temperature }, 2),
		"top_p":          number(func(g *generation) *float64 { return &g.sampling.topP }, 1),
		"top_k":          func(g *generation, v value) error { return parseInt(v.text, 0, 1<<31-1, &g.sampling.topK) },
		"seed": func(g *generation, v value) error {
			n, err := strconv.ParseUint(v.text, 10, 64)
			if err != nil {
				return fmt.Errorf("must be a whole number from 0, got %q", v.text)
			}
			g.sampling.seed = &n
			return nil
		},
		"stop_strings": func(g *generation, v value) error {
			if !v.literal && !strings.HasPrefix(v.text, "[") {
				g.stop = append(g.stop, v.text)
				return nil
			}
			if err := json.Unmarshal([]byte(v.text), &g.stop); err != nil {
				return errors.New("must be a string or a list of strings")
			}
			return nil
		},
		"repetition_penalty":   only(1),
		"num_beams":            only(1),
		"num_return_sequences": only(1),
	}
}

// read makes a generation of an input; hidden is the length of the model's embeddings. Faults name the field.
func (in input) read(limits GenerationSettings, hidden int) (generation, error) {
	g := generation{
		maxPrompt: limits.MaxInput, maxNew: limits.MaxNew,
		sampling: sampling{temperature: 1, topP: 1, topK: 50}, // generate's defaults
	}
	known := parameterTable(limits)
	embeddings := ""
	for _, name := range slices.Sorted(maps.Keys(in)) {
		var err error
		switch set, ok := known[name]; {
		case name == "text":
			err = g.setText(in[name])
		case name == "inputs_embeds" || name == "input_embeds": // the guide writes both
			if embeddings != "" {
				return g, faultf(badRequest, "%s and %s are the same field", embeddings, name)
			}
			embeddings = name
			g.embeddings, err = readEmbeddings(in[name], hidden)
		case !ok:
			return g, faultf(badRequest, "%s is not a field; known are text, inputs_embeds, %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		default:
			for _, v := range in[name] {
				err = cmp.Or(err, set(&g, v))
			}
			if len(in[name]) > 1 && name != "stop_strings" {
				err = errors.New("stands there twice")
			}
		}
		if err != nil {
			return g, faultf(badRequest, "%s %s", name, err)
		}
	}
	_, text := in["text"]
	if text == (embeddings != "") {
		return g, faultf(badRequest, "exactly one of text and inputs_embeds is required")
	}
	return g, nil
}

func (g *generation) setText(values []value) error {
	if len(values) != 1 || values[0].literal {
		return errors.New("must be one string")
	}
	if values[0].text == "" {
		return errors.New("is empty")
	}
	g.text = values[0].text
	return nil
}

// readEmbeddings reads rows of numbers: as JSON [tokens][hidden] or [1][tokens][hidden], in one value or cut over
// repeated fields, as form encoders do with nested lists.
func readEmbeddings(values []value, hidden int) ([][]float32, error) {
	r := embeddingReader{hidden: hidden}
	for i, v := range values {
		var decoded any
		if err := json.Unmarshal([]byte(v.text), &decoded); err != nil {
			return nil, fmt.Errorf("must hold numbers in JSON, got %.20q", v.text)
		}
		at, depth := "", 2
		if len(values) > 1 {
			at, depth = fmt.Sprintf("[%d]", i), 1
		} else if batch, ok := decoded.([]any); ok && nested(batch, 3) {
			if len(batch) != 1 {
				return nil, fmt.Errorf("holds a batch of %d, one is answered", len(batch))
			}
			decoded, at = batch[0], "[0]"
		}
		if err := r.read(decoded, at, depth); err != nil {
			return nil, err
		}
	}
	if len(r.flat) == 0 || len(r.flat)%hidden != 0 {
		return nil, fmt.Errorf("holds %d numbers, which are no rows of the model's hidden size %d", len(r.flat), hidden)
	}
	return slices.Collect(slices.Chunk(r.flat, hidden)), nil
}

// nested reports whether a list begins with lists in lists, depth of them.
func nested(v any, depth int) bool {
	list, ok := v.([]any)
	return ok && (depth == 1 || len(list) > 0 && nested(list[0], depth-1))
}

// embeddingReader gathers the numbers of rows.
type embeddingReader struct {
	hidden int
	flat   []float32
}

// read takes a number or lists of them, depth deep at most; lists of numbers must be rows.
func (r *embeddingReader) read(v any, at string, depth int) error {
	switch v := v.(type) {
	case float64:
		r.flat = append(r.flat, float32(v))
		return nil
	case []any:
		if depth == 0 {
			return fmt.Errorf("%s is nested too deeply", at)
		}
		if _, row := first(v).(float64); row && len(v) != r.hidden {
			return fmt.Errorf("%s has %d values, the model's hidden size is %d", at, len(v), r.hidden)
		}
		for i, inner := range v {
			if err := r.read(inner, fmt.Sprintf("%s[%d]", at, i), depth-1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%s is not a number", at)
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}
