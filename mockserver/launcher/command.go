package launcher

import (
	"fmt"
	"strings"
	"text/template"
)

// Values are what a command's placeholders stand for.
type Values struct {
	Model          string // as the program is to call it: {{.Model}}
	Name           string // as it is registered: {{.Name}}
	Version        string
	Directory      string // of the checkpoint; empty: there is none
	Port           int
	GPUs           string // ids, separated by commas
	TensorParallel int    // GPUs in all, at least 1
}

// ModelDir is {{.ModelDir}}; a command that needs a checkpoint fails for models that have none.
func (v Values) ModelDir() (string, error) {
	if v.Directory == "" {
		return "", fmt.Errorf("the model %s has no directory", v.Name)
	}
	return v.Directory, nil
}

// sample has every value, to prove a command before there is anything to run.
func sample() Values {
	return Values{Model: "m", Name: "m", Version: "1", Directory: "d", Port: 1, GPUs: "0", TensorParallel: 1}
}

// Command is a program with its arguments, which may hold placeholders. No shell ever reads it.
type Command struct {
	words []word
}

type word struct {
	text     *template.Template
	optional bool // left out where its placeholders leave nothing
}

// ParseCommand takes words as they are, one template each.
func ParseCommand(words []string) (Command, error) {
	if len(words) == 0 {
		return Command{}, fmt.Errorf("must name a program")
	}
	var c Command
	for _, w := range words {
		t, err := template.New("").Option("missingkey=error").Parse(w)
		if err != nil {
			return Command{}, fmt.Errorf("%q is no template: %s", w, strings.TrimPrefix(err.Error(), "template: "))
		}
		c.words = append(c.words, word{text: t, optional: strings.Contains(w, "{{")})
	}
	if _, err := c.Render(sample()); err != nil {
		return Command{}, err
	}
	return c, nil
}

// ParseLine splits a line at its blanks, as SplitLine does, and parses the words.
func ParseLine(line string) (Command, error) {
	words, err := SplitLine(line)
	if err != nil {
		return Command{}, err
	}
	return ParseCommand(words)
}

// IsZero reports whether there is nothing to run.
func (c Command) IsZero() bool { return len(c.words) == 0 }

// Render fills the placeholders in. Names come from requests, so that one that a program would take for an option
// is refused.
func (c Command) Render(v Values) ([]string, error) {
	for _, name := range []string{v.Model, v.Name, v.Version} {
		if strings.HasPrefix(name, "-") {
			return nil, fmt.Errorf("%q would be read as an option", name)
		}
	}
	var out []string
	for _, w := range c.words {
		var b strings.Builder
		if err := w.text.Execute(&b, v); err != nil {
			return nil, templateError(err)
		}
		if b.Len() > 0 || !w.optional {
			out = append(out, b.String())
		}
	}
	if len(out) == 0 || out[0] == "" {
		return nil, fmt.Errorf("must name a program")
	}
	return out, nil
}

// templateError says what is wrong in the words of a user, who sees no Go.
func templateError(err error) error {
	text := err.Error()
	if _, field, ok := strings.Cut(text, "can't evaluate field "); ok {
		field, _, _ = strings.Cut(field, " ")
		return fmt.Errorf("{{.%s}} is no placeholder; there are .Model, .ModelDir, .Name, .Version, .Port, .GPUs and .TensorParallel", field)
	}
	if i := strings.LastIndex(text, "error calling ModelDir: "); i >= 0 {
		return fmt.Errorf("{{.ModelDir}}: %s", text[i+len("error calling ModelDir: "):])
	}
	return fmt.Errorf("%s", strings.TrimPrefix(text, "template: "))
}
