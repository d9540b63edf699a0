package scrape

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ErrMalformed is the kind of text that is not of the format.
var ErrMalformed = errors.New("malformed metrics")

// Sample is one line: a metric with its labels, and a value.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Samples holds what was scraped, by metric name.
type Samples map[string][]Sample

// Parse reads the Prometheus text format, and of OpenMetrics what engines use. Comments and time stamps are skipped.
func Parse(r io.Reader) (Samples, error) {
	out := Samples{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, s, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrMalformed, n, err)
		}
		out[name] = append(out[name], s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return out, nil
}

// parseLine reads name{label="value",...} value [timestamp].
func parseLine(line string) (string, Sample, error) {
	end := strings.IndexAny(line, "{ \t")
	if end <= 0 {
		return "", Sample{}, errors.New("no name or no value")
	}
	name, rest := line[:end], line[end:]
	s := Sample{Labels: map[string]string{}}
	if rest[0] == '{' {
		var err error
		if rest, err = parseLabels(rest[1:], s.Labels); err != nil {
			return "", Sample{}, err
		}
	}
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return "", Sample{}, errors.New("no value")
	}
	v, err := strconv.ParseFloat(fields[0], 64)
	s.Value = v
	return name, s, err
}

// parseLabels fills in labels and returns what stands after the closing brace.
func parseLabels(s string, labels map[string]string) (string, error) {
	for {
		s = strings.TrimLeft(s, " ,")
		if rest, closed := strings.CutPrefix(s, "}"); closed {
			return rest, nil
		}
		name, rest, ok := strings.Cut(s, "=")
		if !ok || !strings.HasPrefix(rest, `"`) {
			return "", errors.New("a label has no value")
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return "", errors.New("a label is not quoted")
		}
		if labels[strings.TrimSpace(name)], err = strconv.Unquote(quoted); err != nil {
			return "", err
		}
		s = rest[len(quoted):]
	}
}
