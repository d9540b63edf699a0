package etcd

import (
	"flag"
	"fmt"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/inference-iac/terraform-provider-inference/mockserver/linear"
)

var rounds = flag.Int("rounds", 12, "histories of each progression")

// TestServersUnderFire: three processes are killed all the time, etcd is restarted in the middle, and together they
// answer as one server that never fails. Since each history ends with a look at every endpoint, a write that was
// acknowledged and is lost would leave it without an explanation.
func TestServersUnderFire(t *testing.T) {
	binary := build(t)
	for name, reads := range map[string]int{"immediate": 0, "reads(2)": 3} {
		t.Run(name, func(t *testing.T) { underFire(t, binary, name, reads) })
	}
}

func underFire(t *testing.T, binary, progression string, reads int) {
	m := startEtcd(t)
	f := startFleet(t, 3, binary, "--store", m.address("fire"), "--progression", progression)
	done := make(chan struct{})
	var kills int
	var failed error
	var killer sync.WaitGroup
	killer.Go(func() { kills, failed = f.torment(done) })
	written, lost, operations := 0, 0, 0
	for n := range *rounds {
		var restart sync.WaitGroup
		if n == *rounds/2 {
			restart.Go(func() {
				m.stop()
				if err := m.start(); err != nil {
					t.Error(err)
				}
			})
		}
		h, err := linear.Load{Prefix: fmt.Sprintf("r%d-", n)}.Run(f, uint64(n))
		restart.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Check(reads); got != porcupine.Ok {
			t.Errorf("the history of round %d with %d operations is %s:\n%s", n, h.Len(), got, h.Unexplained(reads))
		}
		written, lost, operations = written+h.Written(), lost+h.Lost(), operations+h.Len()
	}
	close(done)
	killer.Wait()
	if failed != nil {
		t.Error(failed)
	}
	t.Logf("%d operations, %d acknowledged writes, none lost; %d without an answer; %d kills, one restart of etcd", operations, written, lost, kills)
}
