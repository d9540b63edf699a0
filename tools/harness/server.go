package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"time"
)

// Server is a running mock server.
type Server struct {
	URL   string `json:"url"`
	Token string `json:"token"`

	cmd    *exec.Cmd
	exited chan struct{}
	stderr *bytes.Buffer // read only after exited
}

// StartServer starts the binary on a free port of 127.0.0.1, with its admin routes and the flags given, and
// waits for its ready line.
func StartServer(ctx context.Context, binary string, flags ...string) (*Server, error) {
	s := &Server{exited: make(chan struct{}), stderr: new(bytes.Buffer)}
	s.cmd = exec.Command(binary, append([]string{"--listen", "127.0.0.1:0", "--admin"}, flags...)...)
	s.cmd.Stderr = s.stderr
	ownGroup(s.cmd)
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, s)
		}
		ready <- err
		_, _ = io.Copy(io.Discard, stdout)
		_ = s.cmd.Wait() // its exit code says nothing that stderr doesn't
		close(s.exited)
	}()
	select {
	case err = <-ready:
	case <-time.After(10 * time.Second):
		err = errors.New("no ready line after 10 seconds")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.Stop()
		return nil, fmt.Errorf("%w\n%s", err, s.stderr)
	}
	return s, nil
}

// Stop asks the server to drain and waits until it is gone.
func (s *Server) Stop() {
	interrupt(s.cmd)
	select {
	case <-s.exited:
	case <-time.After(5 * time.Second):
		kill(s.cmd)
		<-s.exited
	}
}

// Get decodes the answer to an authenticated GET.
func (s *Server) Get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(res.Body)
		return fmt.Errorf("GET %s: %s: %s", path, res.Status, body)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// Requests counts what the server has recorded so far, by route.
func (s *Server) Requests(ctx context.Context) (map[string]int, error) {
	var recorded struct {
		Requests []struct {
			Route string `json:"route"`
		} `json:"requests"`
	}
	if err := s.Get(ctx, "/__admin/requests", &recorded); err != nil {
		return nil, err
	}
	n := map[string]int{}
	for _, r := range recorded.Requests {
		n[r.Route]++
	}
	return n, nil
}
