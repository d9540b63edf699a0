package blackbox

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// The provider dies after each of an apply's requests in turn: the server has carried the request out, and
// nobody hears the answer. The next apply has to end where an undisturbed one does.
func TestKilledProvider(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc to find the provider's process")
	}
	undisturbed := newWorld(t, anyModel(), "testdata/pair")
	undisturbed.apply()
	want := describe(undisturbed.endpoint())
	requests := len(undisturbed.server.Requests())

	for n := 1; n <= requests; n++ {
		t.Run(fmt.Sprintf("after request %d", n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, anyModel(), "testdata/pair")
			own := filepath.Join(t.TempDir(), "terraform-provider-inference")
			if err := os.Link(built.provider, own); err != nil {
				t.Fatal(err)
			}
			w.useProvider(own)
			struck := make(chan string, 1)
			w.server.Fault(mockserver.Fault{Skip: n - 1, Times: 1, After: true, HangUp: true, Do: func(r mockserver.Recorded) {
				struck <- r.Route
				for _, pid := range processesOf(own) {
					if p, err := os.FindProcess(pid); err == nil {
						_ = p.Kill()
					}
				}
			}})
			first := w.run("apply", "-auto-approve", "-input=false", "-no-color")
			var route string
			select {
			case route = <-struck:
			default:
				return // polls vary: this apply took fewer requests
			}
			if first.code == 0 {
				t.Fatalf("the apply survived the death of its provider after %s: %s", route, first)
			}
			if left := processesOf(own); len(left) != 0 {
				t.Errorf("processes %v outlive the apply", left)
			}

			second := w.run("apply", "-auto-approve", "-input=false", "-no-color")
			if second.code != 0 {
				t.Fatalf("killed after %s, the next apply does not converge: %s", route, second)
			}
			if got := describe(w.endpoint()); got != want {
				t.Errorf("killed after %s:\n%s\nwant:\n%s", route, got, want)
			}
			if n := len(w.statuses()); n != 5 {
				t.Errorf("killed after %s: %d resources in state, want 5", route, n)
			}
			w.wantEmptyPlan()
			wantValidConfigs(t, w)
		})
	}
}

// describe is what must be the same however an endpoint came about.
func describe(e api.Endpoint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %v\n", e.Name, e.State.Ready, e.Tags)
	if e.PendingConfig != nil || e.Config == nil {
		fmt.Fprintf(&b, "not settled: %+v\n", e)
		return b.String()
	}
	entities, routes := map[string]string{}, map[string]int{}
	for _, s := range e.Config.ServedEntities {
		entities[s.Name] = fmt.Sprint(s.EntityName, " ", s.EntityVersion, " ", s.WorkloadSize, " ", *s.ScaleToZeroEnabled)
	}
	for _, r := range e.Config.TrafficConfig.Routes {
		routes[r.ServedEntityName] = int(r.TrafficPercentage)
	}
	fmt.Fprintf(&b, "%v\n%v\n", entities, routes)
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
