package launcher

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func newLog() *Log { return NewLog(func() time.Time { return time.Unix(0, 0) }) }

func texts(l *Log) []string {
	var out []string
	for _, line := range l.Lines() {
		out = append(out, line.Text)
	}
	return out
}

func TestOutput(t *testing.T) {
	l := newLog()
	o := newOutput(l, []string{"sk-secret\n", ""})
	for _, part := range []string{"one\r\nt", "wo\n\n", "10%\r50%\r100%\n", "key=sk-sec", "ret;\n", "a\xffb  \n", strings.Repeat("x", lineBytes+1)} {
		if n, err := o.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	o.flush()
	want := []string{"one", "two", "100%", "key=[hidden];", "a\uFFFDb", strings.Repeat("x", lineBytes), "x"}
	if got := texts(l); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
	if fmt.Sprint(o.last) != fmt.Sprint(want) {
		t.Errorf("tail %q", o.last)
	}
}

// Secrets stay out of the log where one begins with another, has several lines, or stands where a line is broken.
func TestOutputHidesSecrets(t *testing.T) {
	l := newLog()
	o := newOutput(l, []string{"sk-1", "sk-1-long", "{\n  \"key\": \"abc\"\n}\n", "x"})
	for _, part := range []string{"sk-1-long sk-1\n", "{}\n\"key\": \"abc\"\n", strings.Repeat("y", lineBytes-5) + "sk-1-long\n", strings.Repeat("y", lineBytes-9) + "sk-1-longy\n"} {
		if _, err := o.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"[hidden] [hidden]", "{}", "[hidden]", strings.Repeat("y", lineBytes-5), "[hidden]", strings.Repeat("y", lineBytes-9) + "[hidden]", "y"}
	if got := texts(l); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}

func TestLogIsBounded(t *testing.T) {
	l := newLog()
	for i := range 3 * logLines {
		l.Printf("%d", i)
	}
	if got := texts(l); len(got) != logLines || got[logLines-1] != fmt.Sprint(3*logLines-1) {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
	o := newOutput(l, nil)
	for range 100 {
		_, _ = o.Write([]byte(strings.Repeat("y", lineBytes)))
	}
	o.flush()
	if got := texts(l); len(got) != logBytes/lineBytes {
		t.Errorf("%d lines", len(got))
	}
}
