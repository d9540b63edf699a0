package peers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// skip says on one line why a peer is missing. It is printed as well, because go test tells of skipped tests only
// when it is asked to.
func skip(t *testing.T, peer string, err error) {
	t.Helper()
	line := fmt.Sprintf("SKIP %s: %s", peer, strings.ReplaceAll(err.Error(), "\n", " "))
	fmt.Println(line)
	t.Skip(line)
}

// peer is a program that runs until the test ends, or until it is stopped.
type peer struct {
	ready string // the first group of what its ready line matched
	stop  func()
}

// run starts a peer and waits until it writes a line that matches.
func run(t *testing.T, ready *regexp.Regexp, env []string, program string, args ...string) peer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(append(os.Environ(), "HOME="+t.TempDir()), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	ok(t, err)
	cmd.Stderr = cmd.Stdout
	ok(t, cmd.Start())
	found, drained := make(chan string, 1), make(chan struct{})
	var log strings.Builder // of what came before it was ready
	go func() {
		defer close(drained)
		defer close(found)
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadString('\n')
			if m := ready.FindStringSubmatch(line); m != nil {
				found <- m[1]
				break
			}
			if log.WriteString(line); err != nil {
				return
			}
		}
		_, _ = io.Copy(io.Discard, lines) // a pipe that is full would stop the peer
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		<-drained
		_ = cmd.Wait() // it was told to stop
	})
	t.Cleanup(stop)
	match, started := <-found
	if !started {
		t.Fatalf("%s did not start: %s", program, log.String())
	}
	return peer{match, stop}
}
