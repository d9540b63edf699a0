package mockserver

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
)

// TestRecorderKeepsTheNewest compares the ring with a plain list, over resets and both bounds.
func TestRecorderKeepsTheNewest(t *testing.T) {
	var r recorder
	var want []Recorded
	add := func(n, size int) {
		for range n {
			q := Recorded{Path: fmt.Sprintf("/%d", r.seq)}
			if size > 0 {
				q.Body = make([]byte, size)
			}
			seq := r.begin(Recorded{Path: q.Path, Body: q.Body, Header: http.Header{"X-Number": {q.Path}}})
			r.end(seq, 200)
			q.Seq, q.Status, q.Header = seq, 200, http.Header{"X-Number": {q.Path}}
			want = append(want, q)
		}
	}
	check := func(what string, kept int) {
		t.Helper()
		got := r.all()
		want = want[len(want)-kept:]
		if len(got) != kept || (kept > 0 && !reflect.DeepEqual(got, want)) {
			t.Fatalf("%s: %d requests are kept, want %d", what, len(got), kept)
		}
		if kept > 0 && !reflect.DeepEqual(r.get(want[0].Seq), want[0]) {
			t.Errorf("%s: the oldest is %+v", what, r.get(want[0].Seq))
		}
		if q := r.get(r.seq - kept); q.Path != "" {
			t.Errorf("%s: a forgotten request is %+v", what, q)
		}
	}
	check("at first", 0)
	add(3, 1)
	check("three", 3)
	add(recordedRequests, 1)
	check("more than fit", recordedRequests)
	r.end(1, 500) // forgotten: nothing to change
	check("after a late end", recordedRequests)
	r.reset()
	check("after a reset", 0)
	if add(1, 1); want[0].Seq != recordedRequests+4 {
		t.Errorf("numbering starts over at %d", want[0].Seq)
	}
	check("one after a reset", 1)
	add(4, recordedBytes/3)
	check("large bodies", 3)
	add(1, 2*recordedBytes)
	check("a body above the bound", 1)
	add(2*recordedRequests, 0)
	check("twice around", recordedRequests)
}

func TestHeadersArePackedWithoutCredentials(t *testing.T) {
	h := http.Header{
		"Authorization": {"Bearer secret"}, "Cookie": {"a=b", "c=d"}, "Proxy-Authorization": {""},
		"Accept": {"a/b", "c/d"}, "X-Empty": {""},
	}
	got := unpackHeader(packHeader(nil, h))
	want := http.Header{
		"Authorization": {redacted}, "Cookie": {redacted, redacted}, "Proxy-Authorization": {""},
		"Accept": {"a/b", "c/d"}, "X-Empty": {""},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBodiesWithoutSecretsAreKept(t *testing.T) {
	for body, want := range map[string]string{
		`{"messages":[{"role":"user","content":"plaintext"}]}`: `{"messages":[{"role":"user","content":"plaintext"}]}`,
		`{"openai_api_key_plaintext":"sk-1"}`:                  `{"openai_api_key_plaintext":"REDACTED"}`,
		`{"key":"k","string_value":"sk-1"}`:                    `{"key":"k","string_value":"REDACTED"}`,
		`grant_type=x&client_secret=sk-1&scope=a`:              `grant_type=x&client_secret=REDACTED&scope=a`,
		`assertion=sk-1`:    `assertion=REDACTED`,
		`refresh_token=sk1`: `refresh_token=REDACTED`,
	} {
		if got := string(redactBody([]byte(body))); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}
