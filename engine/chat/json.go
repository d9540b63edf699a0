package chat

import (
	"encoding/json"
	"strings"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// orderedDict is a mapping that keeps the order of its keys, as Python's does.
func orderedDict(pairs ...string) *exec.Dict {
	d := exec.NewDict()
	for i := 0; i+1 < len(pairs); i += 2 {
		d.Pairs = append(d.Pairs, &exec.Pair{Key: exec.AsValue(pairs[i]), Value: exec.AsValue(pairs[i+1])})
	}
	return d
}

// filters replaces gonja's tojson, which sorts keys and escapes HTML, by one that
// writes what Python's json.dumps(ensure_ascii=False) does.
func filters() *exec.FilterSet {
	return exec.NewFilterSet(map[string]exec.FilterFunction{"tojson": toJSON})
}

func toJSON(_ *exec.Evaluator, in *exec.Value, params *exec.VarArgs) *exec.Value {
	if in.IsError() {
		return in
	}
	w := jsonWriter{indent: -1}
	if v, ok := params.KwArgs["indent"]; ok && v.IsInteger() {
		w.indent = min(max(v.Integer(), 0), 16)
	}
	w.value(in, 0)
	return exec.AsSafeValue(w.b.String())
}

// jsonWriter writes JSON the Python way: ", " and ": " between parts on one
// line, or one part a line.
type jsonWriter struct {
	b      strings.Builder
	indent int // -1: one line
}

// value writes v. Nesting is bounded, because a template can build a value that
// holds itself.
func (w *jsonWriter) value(v *exec.Value, depth int) {
	switch {
	case v.IsNil() || depth > maxDepth:
		w.b.WriteString("null")
	case v.IsBool():
		w.b.WriteString(map[bool]string{true: "true", false: "false"}[v.Bool()])
	case v.IsString():
		w.text(v.String())
	case v.IsNumber():
		w.b.WriteString(v.String())
	case v.IsDict():
		w.list('{', '}', depth, v, func(key, value *exec.Value) {
			w.text(key.String())
			w.b.WriteString(": ")
			w.value(value, depth+1)
		})
	case v.IsList():
		w.list('[', ']', depth, v, func(item, _ *exec.Value) { w.value(item, depth+1) })
	default:
		w.text(v.String())
	}
}

// list writes the parts of a mapping or a list between brackets.
func (w *jsonWriter) list(left, right byte, depth int, v *exec.Value, part func(key, value *exec.Value)) {
	w.b.WriteByte(left)
	n := 0
	v.Iterate(func(_, _ int, key, value *exec.Value) bool {
		if n > 0 {
			w.b.WriteByte(',')
			if w.indent < 0 {
				w.b.WriteByte(' ')
			}
		}
		n++
		w.line(depth + 1)
		part(key, value)
		return w.b.Len() <= maxOutput
	}, func() {})
	if n > 0 {
		w.line(depth)
	}
	w.b.WriteByte(right)
}

func (w *jsonWriter) line(depth int) {
	if w.indent >= 0 {
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat(" ", depth*w.indent))
	}
}

// text writes a string without the escapes that only HTML needs.
func (w *jsonWriter) text(s string) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string into memory cannot fail
	w.b.WriteString(strings.TrimSuffix(b.String(), "\n"))
}
