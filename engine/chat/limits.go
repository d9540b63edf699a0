package chat

import (
	"errors"
	"fmt"

	"github.com/nikolalohinski/gonja/v2/builtins"
	controlStructures "github.com/nikolalohinski/gonja/v2/builtins/control_structures"
	"github.com/nikolalohinski/gonja/v2/config"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/nodes"
	"github.com/nikolalohinski/gonja/v2/parser"
	"github.com/nikolalohinski/gonja/v2/tokens"
)

// What one rendering may do.
const (
	maxSteps  = 100_000 // rounds of loops and calls of macros
	maxDepth  = 32      // macros in macros, and values in values
	maxOutput = 8 << 20 // bytes
)

// meterName is where a rendering's meter stands in its context. A template that
// sets this name only makes itself fail.
const meterName = "__meter__"

// meter counts what one rendering does.
type meter struct {
	steps, depth int
	exceeded     bool
	refusal      string
}

// raise is Jinja's raise_exception: the template refuses the messages.
func (m *meter) raise(reason string) (string, error) {
	m.refusal = reason
	return "", ErrRefused
}

// span is range as a list. gonja's own feeds a channel from a goroutine that
// stays behind when a loop breaks.
func (m *meter) span(_ *exec.Evaluator, params *exec.VarArgs) ([]int, error) {
	args := [3]int{0, 0, 1}
	switch n := len(params.Args); n {
	case 1:
		args[1] = params.Args[0].Integer()
	case 2, 3:
		for i, a := range params.Args {
			args[i] = a.Integer()
		}
	default:
		return nil, fmt.Errorf("range takes 1 to 3 arguments, not %d", n)
	}
	start, stop, step := args[0], args[1], args[2]
	if step == 0 {
		return nil, errors.New("range with step 0")
	}
	var out []int
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		if m.steps++; m.steps > maxSteps {
			m.exceeded = true
			return nil, ErrLimit
		}
		out = append(out, i)
	}
	return out, nil
}

// tick is a node that counts one round or call, put around the body that repeats.
type tick struct {
	nodes.ControlStructure
	depth int // what it adds to the depth
}

// Execute implements exec.ControlStructure.
func (t tick) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	m, ok := lookUp(r)
	if !ok {
		return ErrLimit
	}
	m.steps++
	m.depth += t.depth
	// What a macro or a block collects in memory counts as output too.
	if b, ok := r.Output.(interface{ Len() int }); ok && b.Len() > maxOutput {
		m.exceeded = true
	}
	if m.exceeded || m.steps > maxSteps || m.depth > maxDepth {
		m.exceeded = true
		return ErrLimit
	}
	return nil
}

// assignment is a set whose result may not grow without bound, as it would in a
// loop that doubles a text.
type assignment struct {
	exec.ControlStructure
	name string
}

// Execute implements exec.ControlStructure.
func (a assignment) Execute(r *exec.Renderer, tag *nodes.ControlStructureBlock) error {
	if err := a.ControlStructure.Execute(r, tag); err != nil {
		return err
	}
	value, _ := r.Environment.Context.Get(a.name)
	if size(value) <= maxOutput {
		return nil
	}
	if m, ok := lookUp(r); ok {
		m.exceeded = true
	}
	return ErrLimit
}

// size is the length of a text, or of the longest in a namespace.
func size(value any) int {
	switch v := value.(type) {
	case string:
		return len(v)
	case *exec.Value:
		return size(v.Interface())
	case map[string]any:
		n := 0
		for _, x := range v {
			n = max(n, size(x))
		}
		return n
	}
	return 0
}

// lookUp is the meter of a rendering.
func lookUp(r *exec.Renderer) (*meter, bool) {
	value, _ := r.Environment.Context.Get(meterName)
	m, ok := value.(*meter)
	return m, ok
}

// noRepetition refuses the multiplication sign: with a text on its left it
// allocates whatever a template asks for, and no chat needs it.
func noRepetition(source string, cfg *config.Config) error {
	for s := tokens.LexAll(source, cfg); !s.End(); s.Next() {
		if t := s.Current().Type; t == tokens.Multiply || t == tokens.Power {
			return fmt.Errorf("%w: multiplication is not allowed", ErrTemplate)
		}
	}
	return nil
}

// metered puts a tick before what a wrapper holds and, if it can call itself, one
// behind that takes the depth back.
func metered(w *nodes.Wrapper, at nodes.ControlStructure, calls bool) {
	node := func(depth int) nodes.Node {
		return &nodes.ControlStructureBlock{Location: at.Position(), Name: "tick", ControlStructure: tick{at, depth}}
	}
	if !calls {
		w.Nodes = append([]nodes.Node{node(0)}, w.Nodes...)
		return
	}
	w.Nodes = append(append([]nodes.Node{node(1)}, w.Nodes...), node(-1))
}

// structures are gonja's, with loops and macros metered and without those that
// read other templates.
func structures() *exec.ControlStructureSet {
	out := exec.NewControlStructureSet(map[string]parser.ControlStructureParser{})
	out.Update(builtins.ControlStructures)
	replace := func(name string, p parser.ControlStructureParser) {
		if err := out.Replace(name, p); err != nil {
			panic(err) // a structure that gonja itself no longer has
		}
	}
	for _, name := range []string{"extends", "include", "import", "from", "block"} {
		replace(name, func(*parser.Parser, *parser.Parser) (nodes.ControlStructure, error) {
			return nil, fmt.Errorf("%q is not allowed in a chat template", name)
		})
	}
	parse := func(name string, then func(nodes.ControlStructure)) {
		original, _ := builtins.ControlStructures.Get(name)
		replace(name, func(p, args *parser.Parser) (nodes.ControlStructure, error) {
			cs, err := original(p, args)
			if err == nil {
				then(cs)
			}
			return cs, err
		})
	}
	set, _ := builtins.ControlStructures.Get("set")
	replace("set", func(p, args *parser.Parser) (nodes.ControlStructure, error) {
		name := args.Current().Val // the target, or the namespace that it belongs to
		cs, err := set(p, args)
		if s, ok := cs.(exec.ControlStructure); ok && err == nil {
			return assignment{s, name}, nil
		}
		return cs, err
	})
	parse("for", func(cs nodes.ControlStructure) {
		if loop, ok := cs.(*controlStructures.ForControlStructure); ok {
			metered(loop.BodyWrapper, loop, loop.Recursive)
		}
	})
	parse("macro", func(cs nodes.ControlStructure) {
		if macro, ok := cs.(*controlStructures.MacroControlStructure); ok {
			metered(macro.Wrapper, macro, true)
		}
	})
	return out
}
