package launcher

import (
	"fmt"
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
	hide   *strings.Replacer
	buf    []byte
	rewind bool     // the line was returned to its start
	last   []string // lines of this program alone
}

// tailLines is how much of a program's output tells why it failed.
const tailLines = 10

func newOutput(l *Log, secrets []string) *output {
	var pairs []string
	for _, s := range secrets {
		if s = strings.TrimSpace(s); s != "" {
			pairs = append(pairs, s, "[hidden]")
		}
	}
	return &output{log: l, hide: strings.NewReplacer(pairs...)}
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
		case len(o.buf) >= lineBytes:
			o.flush()
		}
		o.buf = append(o.buf, c)
	}
	return len(p), nil
}

// flush ends the line, if there is anything in it.
func (o *output) flush() {
	text := strings.TrimRight(o.hide.Replace(strings.ToValidUTF8(string(o.buf), "\uFFFD")), " \t")
	o.buf, o.rewind = o.buf[:0], false
	if text == "" {
		return
	}
	o.log.add(text)
	if o.last = append(o.last, text); len(o.last) > tailLines {
		o.last = o.last[1:]
	}
}
