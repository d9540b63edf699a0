package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// yamlReader reads a document strictly: fields that nobody knows, values of another type and keys that stand twice
// are errors that name the file, the line and the field.
type yamlReader struct{ file string }

// fields says what reads each field of a mapping.
type fields map[string]func(n *yaml.Node, at string) error

func (y yamlReader) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", y.file, n.Line, fmt.Errorf(format, args...))
}

// document parses the text and returns its only document.
func (y yamlReader) document(data []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: is empty", y.file)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %s", y.file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: has more than one document", y.file)
	}
	return doc.Content[0], nil
}

// path joins a field to where it stands.
func path(at, field string) string {
	if at == "" {
		return field
	}
	return at + "." + field
}

// mapping reads each field of n with the function that is known for it.
func (y yamlReader) mapping(n *yaml.Node, at string, known fields, required ...string) error {
	if n = resolved(n); n.Kind != yaml.MappingNode {
		return y.errorf(n, "%s must be a mapping", at)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := path(at, key.Value)
		read, ok := known[key.Value]
		switch {
		case !ok:
			return y.errorf(key, "%s is not a field; known are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case seen[key.Value]:
			return y.errorf(key, "%s stands there twice", name)
		}
		seen[key.Value] = true
		if err := read(value, name); err != nil {
			return err
		}
	}
	for _, field := range required {
		if !seen[field] {
			return y.errorf(n, "%s is required", path(at, field))
		}
	}
	return nil
}

// given returns the keys of a mapping by name.
func given(n *yaml.Node) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	for n, i := resolved(n), 0; i+1 < len(n.Content); i += 2 {
		out[n.Content[i].Value] = n.Content[i]
	}
	return out
}

// resolved follows an alias.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// each reads the elements of a list.
func (y yamlReader) each(n *yaml.Node, at string, read func(n *yaml.Node, at string) error) error {
	if n = resolved(n); n.Kind != yaml.SequenceNode {
		return y.errorf(n, "%s must be a list", at)
	}
	for i, element := range n.Content {
		if err := read(element, fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

// value reads a scalar by way of a function that says what is wrong with it.
func value[T any](y yamlReader, to *T, parse func(string) (T, error)) func(*yaml.Node, string) error {
	return func(n *yaml.Node, at string) error {
		if n = resolved(n); n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			return y.errorf(n, "%s must be a single value", at)
		}
		v, err := parse(n.Value)
		if err != nil {
			return y.errorf(n, "%s %w", at, err)
		}
		*to = v
		return nil
	}
}

// list reads a list of scalars.
func list[T any](y yamlReader, to *[]T, parse func(string) (T, error)) func(*yaml.Node, string) error {
	return func(n *yaml.Node, at string) error {
		return y.each(n, at, func(n *yaml.Node, at string) error {
			var v T
			err := value(y, &v, parse)(n, at)
			*to = append(*to, v)
			return err
		})
	}
}

func parseText(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", errors.New("must not be empty")
	}
	return s, nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("must be a duration above zero, as 30s or 2m, got %q", s)
	}
	return d, nil
}

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n == 0 || n < -1 {
		return 0, fmt.Errorf("must be a number above zero, or -1 for never, got %q", s)
	}
	return n, nil
}
