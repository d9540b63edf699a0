package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReport(t *testing.T) {
	var out bytes.Buffer
	r := report{out: &out}
	r.atLeast("rate", 0.7, 0.6, "x")
	r.atLeast("rate", 0.5, 0.6, "x")
	r.atMost("time", 15, 15, "ms")
	r.atMost("time", 15.1, 15, "ms")
	want := "bar rate 0.7x 0.6x ok\nbar rate 0.5x 0.6x short\nbar time 15ms 15ms ok\nbar time 15.1ms 15ms short\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestParseWrk(t *testing.T) {
	const out = `Running 2s test @ http://127.0.0.1:1/
  Latency Distribution
     50%  635.00us
     75%    1.10ms
     90%    1.90ms
     99%    2.50ms
  87400 requests in 2.00s, 12.34MB read
  Non-2xx or 3xx responses: 3
Requests/sec:  43700.12
Transfer/sec:      6.17MB
`
	got, err := parseWrk(out)
	want := result{PerSecond: 43700.12, P50: 635 * time.Microsecond, P99: 2500 * time.Microsecond, Requests: 87400, Errors: 3}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := parseWrk("unable to connect"); err == nil {
		t.Error("a report without numbers is read")
	}
}

func TestGenerator(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen[r.Method+" "+r.URL.Path+" "+string(body)+" "+r.Header.Get("Authorization")]++
		mu.Unlock()
		if r.Method == http.MethodDelete && r.URL.Path == "/b/1" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, `{"answer":true}`)
	}))
	defer s.Close()
	in, err := json.Marshal(order{
		URL: s.URL, Token: "t", Connections: 2, Requests: 20,
		Steps: []step{{"POST", "/a", `{"n":"{}"}`}, {"DELETE", "/b/{}", ""}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(context.Background(), []string{"load"}, bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	got, err := readJSON[result](&out)
	if err != nil || got.Requests != 20 || got.Errors != 5 || got.P99 < got.P50 || got.PerSecond <= 0 {
		t.Errorf("result %+v, %v", got, err)
	}
	for _, request := range []string{`POST /a {"n":"0"} Bearer t`, `POST /a {"n":"1"} Bearer t`, "DELETE /b/0  Bearer t", "DELETE /b/1  Bearer t"} {
		if seen[request] != 5 {
			t.Errorf("%q was asked %d times, want 5: %v", request, seen[request], seen)
		}
	}
}

func TestReadAnswer(t *testing.T) {
	in := bufio.NewReader(strings.NewReader("HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\n"))
	if status, err := readAnswer(in); status != "409" || err != nil {
		t.Errorf("got %s, %v", status, err)
	}
	if _, err := readAnswer(in); err == nil {
		t.Error("an answer without a length is read")
	}
}

// play starts a role within this process, and ends it with the test.
func play(t *testing.T, role, in string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, ready := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{role}, strings.NewReader(in), ready) }()
	p, err := readJSON[process](out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &p
}

func TestFloor(t *testing.T) {
	p := play(t, "floor", `[{"method":"GET","header":{"Content-Type":"text/x"},"body":"same bytes"}]`)
	a, err := p.ask(t.Context(), step{"GET", "/whatever", ""})
	if err != nil || a.Body != "same bytes" || a.Header["Content-Type"] != "text/x" {
		t.Errorf("answer %+v, %v", a, err)
	}
}

func TestProxy(t *testing.T) {
	p := play(t, "proxy", `"`+play(t, "upstream", `{"frames":5,"gap":1000000}`).URL+`"`)
	if a, err := p.ask(t.Context(), asked(chat)); err != nil || a.Body != plainAnswer {
		t.Errorf("answer %+v, %v", a, err)
	}
}

// Streams come whole, and what does not is told. The floor is not asked for them: it cuts one now and then.
func TestStreams(t *testing.T) {
	p := play(t, "upstream", `{"frames":5,"gap":1000000}`)
	o := streamOrder{URL: p.URL, Step: asked(streamed), Streams: 3, Repeats: 2, Frames: 5}
	if r := o.execute(t.Context()); r.Whole != 6 || r.Problems != "" || r.First50 <= 0 || r.First99 < r.First50 || r.Gap99 < r.Gap50 {
		t.Errorf("%+v", r)
	}
	o.Frames = 6
	if r := o.execute(t.Context()); r.Whole != 0 || !strings.Contains(r.Problems, "5 frames of 6") {
		t.Errorf("%+v", r)
	}
}
