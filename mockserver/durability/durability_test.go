package durability

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	kills = flag.Int("kills", 10, "how many times the server is killed")
	seed  = flag.Uint64("seed", 1, "seed of writes and of the moments of death")
)

// errLost marks a write that was acknowledged and is not there.
var errLost = errors.New("an acknowledged write is lost")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// torment kills a server n times while clients write, and returns how many writes were acknowledged.
func torment(binary, data string, n int, seed uint64) (int, error) {
	clients := make([]*client, 4)
	for i := range clients {
		clients[i] = newClient(i, seed)
		defer clients[i].http.CloseIdleConnections()
	}
	rng := rand.New(rand.NewPCG(seed, 99))
	acked := func() (sum int) {
		for _, c := range clients {
			sum += c.acked
		}
		return sum
	}
	for round := range n {
		p, err := start(binary, data)
		if err != nil {
			return acked(), fmt.Errorf("round %d: %w", round, err)
		}
		for _, c := range clients {
			if err := c.verify(p.url); err != nil {
				p.kill()
				return acked(), fmt.Errorf("round %d: %w: %w", round, errLost, err)
			}
		}
		errs := make([]error, len(clients))
		var all sync.WaitGroup
		for i, c := range clients {
			all.Go(func() { errs[i] = c.run(p.url, math.MaxInt) })
		}
		deadline := time.NewTimer(time.Duration(rng.IntN(120)) * time.Millisecond)
		<-deadline.C // the moment of death
		p.kill()
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return acked(), fmt.Errorf("round %d: %w", round, err)
		}
	}
	p, err := start(binary, data)
	if err != nil {
		return acked(), fmt.Errorf("at last: %w", err)
	}
	defer p.kill()
	for _, c := range clients {
		if err := c.verify(p.url); err != nil {
			return acked(), fmt.Errorf("at last: %w: %w", errLost, err)
		}
	}
	return acked(), nil
}

// TestDurability builds the server once for what it is asked.
func TestDurability(t *testing.T) {
	t.Parallel()
	binary := build(t, plant{})
	t.Run("kills", func(t *testing.T) { surviveKills(t, binary) })
	t.Run("syncs", func(t *testing.T) { syncEveryWrite(t, binary) })
}

func surviveKills(t *testing.T, binary string) {
	acked, err := torment(binary, filepath.Join(t.TempDir(), "state.db"), *kills, *seed)
	if err != nil {
		t.Fatal(err)
	}
	if acked < *kills {
		t.Errorf("%d kills met only %d writes", *kills, acked)
	}
	t.Logf("%d kills, %d acknowledged writes, all present", *kills, acked)
}

// late answers before it writes.
var late = plant{
	file: "bolt.go", line: "b.db.Update(", by: "late(b.db, ",
	also: `
var lateWrites = sync.OnceValue(func() chan func() {
	queue := make(chan func(), 1<<20)
	go func() {
		for write := range queue {
			time.Sleep(5 * time.Millisecond)
			write()
		}
	}()
	return queue
})

func late(db *bbolt.DB, f func(*bbolt.Tx) error) error {
	lateWrites() <- func() { _ = db.Update(f) }
	return nil
}
`,
}

func TestLateWritesAreCaught(t *testing.T) {
	t.Parallel()
	acked, err := torment(build(t, late), filepath.Join(t.TempDir(), "state.db"), 50, *seed)
	if !errors.Is(err, errLost) {
		t.Errorf("a server that answers before it writes: %v after %d writes, want %v", err, acked, errLost)
	}
}

// unsynced writes without telling the disk.
var unsynced = plant{file: "bolt.go", line: "&bbolt.Options{", by: "&bbolt.Options{NoSync: true, "}

// tracedWrites are what one client is acknowledged, one after the other, under the eyes of strace.
const tracedWrites = 100

// syncs counts how often the server asks the kernel to put data on the disk during the traced writes; false
// where nothing can be traced.
func syncs(t *testing.T, strace, binary string) (int, bool) {
	t.Helper()
	dir := t.TempDir()
	calls := filepath.Join(dir, "calls")
	p, err := start(binary, filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	tracer := exec.Command(strace, "-f", "-o", calls, "-e", "trace=fsync,fdatasync", "-p", strconv.Itoa(p.cmd.Process.Pid))
	said, err := tracer.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(said).ReadString('\n') // its end says the same as an empty line
	if !strings.Contains(line, "attached") || strings.Contains(line, "not permitted") {
		p.kill()
		_ = tracer.Wait() // it has nothing to trace
		return 0, false
	}
	c := newClient(0, *seed)
	defer c.http.CloseIdleConnections()
	if err := c.run(p.url, tracedWrites); err != nil {
		t.Error(err)
	}
	p.kill()
	_ = tracer.Wait() // it ends with what it traces
	if c.acked != tracedWrites {
		t.Errorf("%d writes are acknowledged, want %d", c.acked, tracedWrites)
	}
	b, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	return len(regexp.MustCompile(`\bf(data)?sync\(`).FindAll(b, -1)), true
}

// syncEveryWrite needs strace: a kill cannot show what only a power failure would lose.
func syncEveryWrite(t *testing.T, binary string) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	n, traced := syncs(t, strace, binary)
	if !traced {
		t.Skip("strace may not trace on this machine")
	}
	if n < tracedWrites {
		t.Errorf("%d syncs for %d acknowledged writes", n, tracedWrites)
	}
	if n, _ := syncs(t, strace, build(t, unsynced)); n >= tracedWrites {
		t.Errorf("the planted build that does not sync: %d syncs for %d writes", n, tracedWrites)
	}
}
