package launcher

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// How much of a program's output is kept.
const (
	logLines  = 2000
	logBytes  = 256 << 10
	lineBytes = 4 << 10
)

// Line is a line of output and when it came.
type Line struct {
	At   time.Time
	Text string
}

// Log keeps the last lines of a program and of what was done with it. The oldest go first.
type Log struct {
	clock func() time.Time

	mu    sync.Mutex
	lines []Line
	bytes int
}

// NewLog returns an empty log.
func NewLog(clock func() time.Time) *Log { return &Log{clock: clock} }

// Printf adds a line.
func (l *Log) Printf(format string, args ...any) { l.add(fmt.Sprintf(format, args...)) }

func (l *Log) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, Line{l.clock(), text})
	l.bytes += len(text)
	for len(l.lines) > logLines || l.bytes > logBytes {
		l.bytes -= len(l.lines[0].Text)
		l.lines[0] = Line{} // append leaves it behind later, but not the text
		l.lines = l.lines[1:]
	}
}

// Lines returns what is kept, oldest first.
func (l *Log) Lines() []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Line(nil), l.lines...)
}

// output turns what one program prints into lines of a log. It keeps the secrets that the program was given out of
// it, and of a progress bar, which returns to the start of its line, only how it ends.
type output struct {
	log    *Log
	hidden []string // longest first: one may begin with another
	hide   *strings.Replacer
	buf    []byte
	rewind bool     // the line was returned to its start
	last   []string // lines of this program alone
}

// tailLines is how much of a program's output tells why it failed.
const tailLines = 10

func newOutput(l *Log, secrets []string) *output {
	o := &output{log: l, hidden: printed(secrets)}
	var pairs []string
	for _, s := range o.hidden {
		pairs = append(pairs, s, "[hidden]")
	}
	o.hide = strings.NewReplacer(pairs...)
	return o
}

// shortLine is how long a line of a secret of several must be to be one; shorter ones are braces and the like.
const shortLine = 4

// printed is what secrets look like in a log: the lines of each, longest first.
func printed(secrets []string) []string {
	var out []string
	for _, s := range secrets {
		s = strings.TrimSpace(s)
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); line != "" && (len(line) >= shortLine || line == s) {
				out = append(out, line)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// Write never fails. One goroutine at a time may write.
func (o *output) Write(p []byte) (int, error) {
	for _, c := range p {
		switch {
		case c == '\n':
			o.flush()
			continue
		case c == '\r':
			o.rewind = true
			continue
		case o.rewind:
			o.buf, o.rewind = o.buf[:0], false
		case len(o.buf) >= lineBytes+o.longest():
			o.tell(o.cut())
		}
		o.buf = append(o.buf, c)
	}
	return len(p), nil
}

// flush ends the line.
func (o *output) flush() {
	for len(o.buf) > lineBytes {
		o.tell(o.cut())
	}
	o.tell(len(o.buf))
	o.rewind = false
}

// cut is where to break a line that is too long: in no secret, unless it is longer than a line.
func (o *output) cut() int {
	at := lineBytes
	for _, s := range o.hidden {
		from := max(0, lineBytes+1-len(s))
		if i := bytes.Index(o.buf[from:], []byte(s)); i >= 0 && from+i > 0 {
			at = min(at, from+i)
		}
	}
	return at
}

func (o *output) longest() int {
	if len(o.hidden) == 0 {
		return 0
	}
	return len(o.hidden[0])
}

// tell takes the next n bytes to the log, if there is anything in them.
func (o *output) tell(n int) {
	text := strings.TrimRight(o.hide.Replace(strings.ToValidUTF8(string(o.buf[:n]), "\uFFFD")), " \t")
	o.buf = append(o.buf[:0], o.buf[n:]...)
	if text == "" {
		return
	}
	o.log.add(text)
	if o.last = append(o.last, text); len(o.last) > tailLines {
		o.last = o.last[1:]
	}
}
