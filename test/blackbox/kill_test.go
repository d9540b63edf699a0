package blackbox

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// undertaking is a run of the CLI that its provider does not survive, and what came before it.
type undertaking struct {
	name    string
	before  []string // arguments of an apply; nil for none
	command []string
	left    int // resources in state afterwards
}

// The provider dies after each request of a run in turn: the server has carried the request out, and nobody
// hears the answer. The same run once more has to end where an undisturbed one does.
func TestKilledProvider(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc to find the provider's process")
	}
	for _, u := range []undertaking{
		{"create", nil, []string{"apply", "-auto-approve"}, 5},
		{"shift", []string{}, []string{"apply", "-auto-approve", "-var=share_of_new=60"}, 5},
		{"destroy", []string{}, []string{"destroy", "-auto-approve"}, 0},
	} {
		t.Run(u.name, func(t *testing.T) {
			t.Parallel()
			undisturbed := newWorld(t, anyModel(), "testdata/pair")
			undisturbed.prepare(u)
			undisturbed.must(u.command...)
			want, requests := describe(undisturbed), len(undisturbed.server.Requests())
			for n := 1; n <= requests; n++ {
				t.Run(fmt.Sprintf("after request %d", n), func(t *testing.T) {
					t.Parallel()
					killAfter(t, u, n, want)
				})
			}
		})
	}
}

// prepare runs what comes before, and forgets its requests.
func (w *world) prepare(u undertaking) {
	if u.before != nil {
		w.apply(u.before...)
		w.server.ResetRequests()
	}
}

func killAfter(t *testing.T, u undertaking, n int, want string) {
	w := newWorld(t, anyModel(), "testdata/pair")
	own := filepath.Join(t.TempDir(), "terraform-provider-inference")
	if err := os.Link(built.provider, own); err != nil {
		t.Fatal(err)
	}
	w.useProvider(own)
	w.prepare(u)
	struck := make(chan string, 1)
	w.server.Fault(mockserver.Fault{Skip: n - 1, Times: 1, After: true, HangUp: true, Do: func(r mockserver.Recorded) {
		for _, pid := range processesOf(own) {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
		struck <- r.Route
	}})
	first := w.run(u.command...)
	var route string
	select {
	case route = <-struck:
	default:
		return // polls vary: this run took fewer requests
	}
	if first.code == 0 {
		t.Fatalf("the run survived the death of its provider after %s: %s", route, first)
	}
	if left := processesOf(own); len(left) != 0 {
		t.Errorf("processes %v outlive the run", left)
	}
	if second := w.run(u.command...); second.code != 0 {
		t.Fatalf("killed after %s, the next run does not converge: %s", route, second)
	}
	if got := describe(w); got != want {
		t.Errorf("killed after %s:\n%s\nwant:\n%s", route, got, want)
	}
	if left := len(w.statuses()); left != u.left {
		t.Errorf("killed after %s: %d resources in state, want %d", route, left, u.left)
	}
	if u.left > 0 {
		w.wantEmptyPlan(u.command[2:]...)
	}
	wantValidConfigs(t, w)
}

// describe is what must be the same on the server however it came about.
func describe(w *world) string {
	var b strings.Builder
	for _, e := range w.server.Endpoints(w.token) {
		fmt.Fprintf(&b, "%s %s %v\n", e.Name, e.State.Ready, e.Tags)
		if e.PendingConfig != nil || e.Config == nil {
			fmt.Fprintf(&b, "not settled: %+v\n", e)
			continue
		}
		entities, routes := map[string]string{}, map[string]int{}
		for _, s := range e.Config.ServedEntities {
			entities[s.Name] = fmt.Sprint(s.EntityName, " ", s.EntityVersion, " ", s.WorkloadSize, " ", *s.ScaleToZeroEnabled)
		}
		for _, r := range e.Config.TrafficConfig.Routes {
			routes[r.ServedEntityName] = int(r.TrafficPercentage)
		}
		fmt.Fprintf(&b, "%v\n%v\n", entities, routes)
	}
	return b.String()
}

// processesOf lists the processes that run a program.
func processesOf(program string) []int {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var pids []int
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == program {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
