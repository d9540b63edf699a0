package etcd

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const key = "a key for all servers"

// build makes the server's binary.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "mockserver")
	cmd := exec.Command("go", "build", "-o", binary, "./mockserver/cmd/mockserver")
	cmd.Dir = filepath.Join("..", "..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

// process is a running server.
type process struct {
	cmd  *exec.Cmd
	host string
}

func start(binary string, args ...string) (*process, error) {
	cmd := exec.Command(binary, append([]string{"--port", "0", "--token", "linear"}, args...)...)
	cmd.Env = append(os.Environ(), "MOCKSERVER_DATA_KEY="+key)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var ready struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("start: %w: %s", err, stderr.String())
	}
	return &process{cmd, strings.TrimPrefix(ready.URL, "http://")}, nil
}

// kill is SIGKILL.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// fleet is several servers that share etcd. A request goes to any of them, and to the next if nobody is there; one
// that dies on the way is answered with 503, since nobody knows what became of it.
type fleet struct {
	binary string
	args   []string
	http   http.Transport

	mu      sync.Mutex
	rng     *rand.Rand
	members []*process
}

func startFleet(t *testing.T, n int, binary string, args ...string) *fleet {
	t.Helper()
	// A connection of its own for each request: on one that was used before, Go sends some requests twice.
	f := &fleet{binary: binary, args: args, http: http.Transport{DisableKeepAlives: true}, rng: rand.New(rand.NewPCG(3, 4))}
	t.Cleanup(func() {
		for _, p := range f.members {
			p.kill()
		}
	})
	for range n {
		p, err := start(binary, args...)
		if err != nil {
			t.Fatal(err)
		}
		f.members = append(f.members, p)
	}
	return f
}

func (f *fleet) pick() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.members[f.rng.IntN(len(f.members))].host
}

func (f *fleet) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		q := r.Clone(r.Context())
		q.URL.Host, q.Host = f.pick(), ""
		if r.GetBody != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			q.Body = body
		}
		resp, err := f.http.RoundTrip(q)
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			continue
		}
		var whole []byte
		if err == nil {
			whole, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		if err != nil {
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Request: r}, nil //nolint:nilerr // the answer is lost
		}
		resp.Body = io.NopCloser(bytes.NewReader(whole))
		return resp, nil
	}
}

// torment kills a server and starts another in its place, again and again until done.
func (f *fleet) torment(done <-chan struct{}) (kills int, err error) {
	for {
		f.mu.Lock()
		i, pause := f.rng.IntN(len(f.members)), time.Duration(100+f.rng.IntN(300))*time.Millisecond
		f.mu.Unlock()
		moment := time.NewTimer(pause)
		select {
		case <-done:
			return kills, nil
		case <-moment.C:
		}
		f.members[i].kill()
		p, err := start(f.binary, f.args...)
		for tries := 1; err != nil && tries < 5; tries++ {
			p, err = start(f.binary, f.args...) // etcd may be gone for longer than a start waits for it
		}
		if err != nil {
			return kills, err
		}
		f.mu.Lock()
		f.members[i] = p
		f.mu.Unlock()
		kills++
	}
}
