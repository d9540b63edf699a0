package wire_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire/wiretest"
)

// read returns all frames as name=data, and what ended them.
func read(f wire.Frames) ([]string, error) {
	var out []string
	for {
		frame, err := f.Next()
		if err != nil {
			return out, err
		}
		out = append(out, frame.Name+"="+string(frame.Data))
	}
}

func TestSSE(t *testing.T) {
	long := strings.Repeat("x", 40<<10)
	for _, c := range []struct {
		name, in, want string
		end            error
	}{
		{"plain", "data: a\n\ndata: b\n\n", "=a|=b", io.EOF},
		{"named", "event: ping\ndata: {}\n\n", "ping={}", io.EOF},
		{"carriage returns", "data: a\r\n\r\n", "=a", io.EOF},
		{"comments and ids", ": hello\n\nid: 7\nretry: 10\ndata:a\n\n", "=a", io.EOF},
		{"several data lines", "data: a\ndata: b\n\n", "=a\nb", io.EOF},
		{"byte-order mark", "\xef\xbb\xbfdata: a\n\n", "=a", io.EOF},
		{"an event without data has no frame", "event: x\n\ndata: a\n\n", "=a", io.EOF},
		{"no empty line at the end", "data: a\n", "=a", io.EOF},
		{"longer than the buffer", "data: " + long + "\n\n", "=" + long, io.EOF},
		{"cut in a line", "data: a\n\ndata: {\"b", "=a", io.ErrUnexpectedEOF},
		{"not of the format", "data: a\n\n<html>\n", "=a", wire.ErrMalformed},
		{"too long", "data: " + strings.Repeat("x", 2<<20), "", wire.ErrMalformed},
		{"empty", "", "", io.EOF},
	} {
		for reader, in := range map[string]io.Reader{
			"whole": strings.NewReader(c.in), "bytewise": iotest.OneByteReader(strings.NewReader(c.in)),
		} {
			got, err := read(wire.NewSSE(in))
			if strings.Join(got, "|") != c.want || !errors.Is(err, c.end) {
				t.Errorf("%s, %s: %.80q, %v", c.name, reader, got, err)
			}
		}
	}
}

func TestEventStream(t *testing.T) {
	ok := wiretest.AppendMessage(nil, []byte(`{"a":1}`), ":message-type", "event", ":event-type", "metadata", ":content-type", "application/json")
	exception := wiretest.AppendMessage(nil, []byte(`{}`), ":message-type", "exception", ":exception-type", "throttlingException")
	failure := wiretest.AppendMessage(nil, nil, ":message-type", "error", ":error-code", "InternalFailure")
	flipped := append([]byte(nil), ok...)
	flipped[len(flipped)-6] ^= 1
	prelude := append([]byte(nil), ok...)
	prelude[3] ^= 1
	for _, c := range []struct {
		name, in, want string
		end            error
	}{
		{"two", string(ok) + string(ok), `metadata={"a":1}|metadata={"a":1}`, io.EOF},
		{"exception", string(exception), "exception:throttlingException={}", io.EOF},
		{"error", string(failure), "error:InternalFailure=", io.EOF},
		{"cut in the prelude", string(ok[:5]), "", io.ErrUnexpectedEOF},
		{"cut after the prelude", string(ok[:12]), "", io.ErrUnexpectedEOF},
		{"cut in the payload", string(ok[:len(ok)-5]), "", io.ErrUnexpectedEOF},
		{"flipped bit", string(flipped), "", wire.ErrMalformed},
		{"flipped length", string(prelude), "", wire.ErrMalformed},
	} {
		got, err := read(wire.NewEventStream(iotest.OneByteReader(strings.NewReader(c.in))))
		if strings.Join(got, "|") != c.want || !errors.Is(err, c.end) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func FuzzEventStream(f *testing.F) {
	f.Add(wiretest.AppendMessage(nil, []byte("{}"), ":event-type", "x"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := read(wire.NewEventStream(strings.NewReader(string(in)))); err == nil {
			t.Fatal("no end")
		}
	})
}

const marker = "<|endoftext|>"

// Wherever the chunks are cut, the text comes out whole, in whole characters, and nothing of the marker shows.
func TestMarkerIsFoundWhereverItIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab<|endoftx>é漢🙂"))).Filter(func(s string) bool {
			return !strings.Contains(s+marker[:len(marker)-1], marker)
		}).Draw(t, "text")
		rest := text + marker + rapid.SampledFrom([]string{"", "more"}).Draw(t, "after")
		whole := rest
		var chunks []io.Reader
		for rest != "" {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			chunks = append(chunks, strings.NewReader(rest[:n]))
			rest = rest[n:]
		}
		m := wire.NewMarker(io.MultiReader(chunks...), marker)
		got := ""
		for {
			f, err := m.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", whole, err)
			}
			if f.Name == wire.MarkerFrame {
				if got != text {
					t.Fatalf("the end after %q", got)
				}
				continue
			}
			if len(f.Data) == 0 || !strings.HasPrefix(text, got+string(f.Data)) {
				t.Fatalf("%q after %q", f.Data, got)
			}
			if strings.ToValidUTF8(string(f.Data), "?") != string(f.Data) {
				t.Fatalf("half a character: %q", f.Data)
			}
			got += string(f.Data)
		}
		if got != text {
			t.Fatalf("%q, want %q", got, text)
		}
	})
}

func TestMarkerMissing(t *testing.T) {
	for in, want := range map[string]string{"": "", "hello": "=hello", "hello<|endof": "=hello", "caf\xc3": "=caf"} {
		got, err := read(wire.NewMarker(strings.NewReader(in), marker))
		if strings.Join(got, "|") != want || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}
