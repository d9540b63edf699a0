package chat

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/config"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/loaders"
)

var (
	// ErrTemplate means that a template does not parse or fails whatever the messages are.
	ErrTemplate = errors.New("chat template")
	// ErrRefused means that the template itself refused the messages, as roles out of order.
	ErrRefused = errors.New("chat template refuses the messages")
	// ErrLimit means that a template took too many steps or wrote too much.
	ErrLimit = errors.New("chat template exceeds its limits")
)

// maxSource is far above the longest published template (about 20 KB).
const maxSource = 256 << 10

// Message is one turn of a chat.
type Message struct{ Role, Content string }

// Tokens are the texts of control tokens that templates refer to.
type Tokens struct{ BOS, EOS, Pad, Unk string }

// Template renders messages. It is safe for concurrent use.
type Template struct {
	compiled *exec.Template
	tokens   Tokens
}

// New parses a template.
func New(source string, tokens Tokens) (t *Template, err error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("%w: %d bytes are too many", ErrTemplate, len(source))
	}
	defer recovered(&err)
	loader, err := loaders.NewMemoryLoader(map[string]string{"/chat": source})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTemplate, err)
	}
	cfg := config.New()
	cfg.TrimBlocks, cfg.LeftStripBlocks, cfg.KeepTrailingNewline = true, true, true // as transformers sets them
	if err := noRepetition(source, cfg); err != nil {
		return nil, err
	}
	compiled, err := exec.NewTemplate("/chat", cfg, loader, &exec.Environment{
		Context:           exec.EmptyContext().Update(builtins.GlobalFunctions).Update(builtins.GlobalVariables),
		Filters:           exec.NewFilterSet(map[string]exec.FilterFunction{}).Update(builtins.Filters).Update(filters()),
		Tests:             builtins.Tests,
		ControlStructures: structures(),
		Methods:           builtins.Methods,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrTemplate, lastPart(err))
	}
	return &Template{compiled, tokens}, nil
}

// Render writes the prompt that ends where the assistant's answer begins.
func (t *Template) Render(messages []Message) (out string, err error) {
	defer recovered(&err)
	m := &meter{}
	list := make([]any, len(messages))
	for i, x := range messages {
		list[i] = orderedDict("role", x.Role, "content", x.Content)
	}
	w := &limitedWriter{max: maxOutput}
	err = t.compiled.Execute(w, exec.NewContext(map[string]any{
		"messages":              list,
		"add_generation_prompt": true,
		"bos_token":             t.tokens.BOS,
		"eos_token":             t.tokens.EOS,
		"pad_token":             t.tokens.Pad,
		"unk_token":             t.tokens.Unk,
		"raise_exception":       m.raise,
		"strftime_now":          func(string) string { return fixedDate },
		"range":                 m.span,
		meterName:               m,
	}))
	switch {
	case m.exceeded || w.exceeded:
		return "", ErrLimit
	case m.refusal != "":
		return "", fmt.Errorf("%w: %s", ErrRefused, m.refusal)
	case err != nil:
		return "", fmt.Errorf("%w: %s", ErrTemplate, lastPart(err))
	}
	return w.buf.String(), nil
}

// fixedDate is what strftime_now answers: a prompt must not change from day to
// day. It is the date that Llama 3.1's own template falls back to.
const fixedDate = "26 Jul 2024"

// recovered turns a panic into an error: gonja panics on some of the type errors
// that a template can contain.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", ErrTemplate, r)
	}
}

// lastPart keeps gonja's errors, which quote the whole template, readable.
func lastPart(err error) string {
	s := err.Error()
	if len(s) > 300 {
		s = "…" + s[len(s)-300:]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\n", " "), "")
}

// limitedWriter refuses to grow beyond max bytes.
type limitedWriter struct {
	buf      bytes.Buffer
	max      int
	exceeded bool
}

// Write implements io.Writer.
func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.buf.Len()+len(p) > w.max {
		w.exceeded = true
		return 0, ErrLimit
	}
	return w.buf.Write(p)
}
