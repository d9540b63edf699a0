package etcd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/storetest"
)

func TestStore(t *testing.T) {
	m := startEtcd(t)
	storetest.Run(t, func(t *testing.T) mockserver.Store { return m.open(t, m.client.Host, "store") })
}

// put is a commit of one value.
func put(at int64, name string) mockserver.Txn {
	return mockserver.Txn{
		At:      map[string]int64{"w": at},
		Changes: []mockserver.Change{{Scope: "w", Kind: "k", Name: name, Value: []byte("x")}},
	}
}

// TestCutConnections: one writer alone never meets a conflict, and whatever it was told is there, although most
// answers are lost.
func TestCutConnections(t *testing.T) {
	m := startEtcd(t)
	p := startProxy(t, m.client)
	s := m.open(t, p.listener.Addr().String(), "cut")
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan struct{})
	cuts := 0
	var cutter sync.WaitGroup
	cutter.Go(func() {
		rng := rand.New(rand.NewPCG(1, 2))
		for {
			moment := time.NewTimer(time.Duration(5+rng.IntN(30)) * time.Millisecond)
			select {
			case <-moment.C:
				p.cut(false)
				cuts++
			case <-done:
				return
			}
		}
	})
	var version int64
	const commits = 100
	for i := range commits {
		next, err := s.Commit(ctx, put(version, fmt.Sprint("n", i)))
		if err != nil {
			t.Errorf("commit %d: %v", i, err)
			break
		}
		version = next
	}
	close(done)
	cutter.Wait()
	ctx = t.Context()
	resp, err := client(t, m).Get(ctx, "cut/data/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil || resp.Count != commits {
		t.Errorf("%d values of %d, %v", resp.Count, commits, err)
	}
	versions, err := client(t, m).Get(ctx, "cut/version/w")
	if err != nil || versions.Kvs[0].Version != commits || versions.Kvs[0].ModRevision != version {
		t.Errorf("the version was raised %d times to %d, want %d and %d, %v", versions.Kvs[0].Version, versions.Kvs[0].ModRevision, commits, version, err)
	}
	t.Logf("%d commits, %d cuts", commits, cuts)
}

func client(t *testing.T, m *member) *clientv3.Client {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{m.client.Host}, DialTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// follow tells the names of all values, whenever they change.
func follow(ctx context.Context, t *testing.T, s mockserver.Store) <-chan map[string]bool {
	t.Helper()
	out := make(chan map[string]bool, 1000)
	names := map[string]bool{}
	err := s.Follow(ctx, func(u mockserver.Update) {
		if u.Reset {
			clear(names)
		}
		for _, c := range u.Changes {
			names[c.Name] = c.Value != nil
		}
		seen := map[string]bool{}
		for n, there := range names {
			if there {
				seen[n] = true
			}
		}
		out <- seen
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// await waits until exactly these names are told.
func await(ctx context.Context, t *testing.T, told <-chan map[string]bool, want ...string) {
	t.Helper()
	var last map[string]bool
	for {
		select {
		case last = <-told:
		case <-ctx.Done():
			t.Fatalf("told %v, want %v", last, want)
		}
		all := len(last) == len(want)
		for _, n := range want {
			all = all && last[n]
		}
		if all {
			return
		}
	}
}

// TestCompactedWatch: what a store missed while it was cut off, and what etcd no longer has the history of, it lists.
func TestCompactedWatch(t *testing.T) {
	m := startEtcd(t)
	p := startProxy(t, m.client)
	near, far := m.open(t, m.client.Host, "compact"), m.open(t, p.listener.Addr().String(), "compact")
	defer func() { _, _ = near.Close(), far.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	version, err := near.Commit(ctx, put(0, "a"))
	if err != nil {
		t.Fatal(err)
	}
	told := follow(ctx, t, far)
	await(ctx, t, told, "a")
	p.cut(true)
	for i := range 10 {
		if version, err = near.Commit(ctx, put(version, fmt.Sprint("b", i%2))); err != nil {
			t.Fatal(err)
		}
	}
	drop := put(version, "a")
	drop.Changes[0].Value = nil
	if version, err = near.Commit(ctx, drop); err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, m).Compact(ctx, version); err != nil {
		t.Fatal(err)
	}
	p.mend()
	await(ctx, t, told, "b0", "b1")
	if _, err := far.Commit(ctx, put(version, "c")); err != nil {
		t.Error(err)
	}
	await(ctx, t, told, "b0", "b1", "c")
}

// TestEmptiedEtcd: an etcd that comes back without its data is what it is, and can be written to again.
func TestEmptiedEtcd(t *testing.T) {
	m := startEtcd(t)
	s := m.open(t, m.client.Host, "empty")
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	told := follow(ctx, t, s)
	var version int64
	for i := range 5 {
		var err error
		if version, err = s.Commit(ctx, put(version, fmt.Sprint("a", i))); err != nil {
			t.Fatal(err)
		}
	}
	await(ctx, t, told, "a0", "a1", "a2", "a3", "a4")
	m.stop()
	if err := os.RemoveAll(m.dir); err != nil {
		t.Fatal(err)
	}
	if err := m.start(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(ctx, put(version, "b")); !errors.Is(err, mockserver.ErrConflict) {
		t.Errorf("a commit on what is gone: %v", err)
	}
	latest, err := s.Latest(ctx, "w")
	if err != nil || latest[0] != 0 {
		t.Fatalf("%v, %v", latest, err)
	}
	await(ctx, t, told)
	if _, err := s.Commit(ctx, put(0, "c")); err != nil {
		t.Error(err)
	}
	await(ctx, t, told, "c")
}

// TestDeletedPrefix: a server goes on with nothing where an operator deletes all that it had.
func TestDeletedPrefix(t *testing.T) {
	m := startEtcd(t)
	s, err := mockserver.Share(t.Context(), m.open(t, m.client.Host, "deleted"), "", mockserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for i := range 3 {
		if status := post(t, s, "/api/2.0/secrets/scopes/create", fmt.Sprintf(`{"scope":"s%d"}`, i)); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
		if _, err := client(t, m).Delete(t.Context(), "deleted/", clientv3.WithPrefix()); err != nil {
			t.Fatal(err)
		}
	}
}

// post asks a server for a write and returns the status.
func post(t *testing.T, s *mockserver.Server, path, body string) int {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://mock.test"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer t")
	resp, err := s.Transport().RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestTooLarge: what etcd does not take in one piece is refused as what it is, and what is there stays.
func TestTooLarge(t *testing.T) {
	m := startEtcd(t)
	s, err := mockserver.Share(t.Context(), m.open(t, m.client.Host, "large"), "key", mockserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if status := post(t, s, "/api/2.0/secrets/scopes/create", `{"scope":"s"}`); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	const limit = http.StatusRequestEntityTooLarge
	if status := post(t, s, "/api/2.0/mlflow/registered-models/create", `{"name":"m","description":"`+strings.Repeat("x", 3<<20)+`"}`); status != limit {
		t.Errorf("what the client does not send: status %d", status)
	}
	secret := strings.Repeat("x", 128<<10)
	for i := range 12 {
		want := http.StatusOK
		if i == 11 { // the scope would be 1.5 MiB
			want = limit
		}
		if status := post(t, s, "/api/2.0/secrets/put", fmt.Sprintf(`{"scope":"s","key":"k%d","string_value":"%s"}`, i, secret)); status != want {
			t.Fatalf("secret %d: status %d, want %d", i, status, want)
		}
	}
}
