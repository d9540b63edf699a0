package etcdstore

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// resendEvery is how long a transaction waits before it is sent again.
const resendEvery = 100 * time.Millisecond

// transaction is a commit as etcd makes it. Its token stands in the versions that it makes.
type transaction struct {
	client *clientv3.Client
	token  string
	at     int64  // the version of the first scope that it changes
	first  string // the key of that version
	when   []clientv3.Cmp
	then   []clientv3.Op
}

func (s *Store) transaction(t mockserver.Txn) *transaction {
	scope := t.Changes[0].Scope
	out := &transaction{client: s.client, token: rand.Text(), at: t.At[scope], first: s.keys.version(scope)}
	for scope, version := range t.At {
		out.when = append(out.when, clientv3.Compare(clientv3.ModRevision(s.keys.version(scope)), "=", version))
	}
	raised := map[string]bool{}
	for _, c := range t.Changes {
		out.then = append(out.then, s.keys.op(c))
		if !raised[c.Scope] {
			out.then = append(out.then, clientv3.OpPut(s.keys.version(c.Scope), out.token))
			raised[c.Scope] = true
		}
	}
	return out
}

// commit sends the transaction until it is known what became of it or ctx ends. Sent twice it is made once: the
// second time it stands on versions that the first one raised.
func (t *transaction) commit(ctx context.Context) (int64, error) {
	version, err := t.send(ctx, false)
	for errors.Is(err, mockserver.ErrUnavailable) && sleep(ctx, resendEvery) {
		version, err = t.send(ctx, true)
	}
	return version, err
}

func (t *transaction) send(ctx context.Context, again bool) (int64, error) {
	resp, err := t.client.Txn(ctx).If(t.when...).Then(t.then...).Commit()
	switch {
	case err != nil:
		return 0, wrap(err)
	case resp.Succeeded:
		return resp.Header.Revision, nil
	case again:
		return t.trace(ctx)
	}
	return 0, mockserver.ErrConflict
}

// trace looks for the transaction among the versions that came after the one it stood on. If it is not there it
// never will be.
func (t *transaction) trace(ctx context.Context) (int64, error) {
	resp, err := t.client.Get(ctx, t.first)
	for {
		if err != nil {
			return 0, wrap(err)
		}
		if len(resp.Kvs) == 0 || resp.Kvs[0].ModRevision <= t.at {
			return 0, mockserver.ErrConflict
		}
		if string(resp.Kvs[0].Value) == t.token {
			return resp.Kvs[0].ModRevision, nil
		}
		resp, err = t.client.Get(ctx, t.first, clientv3.WithRev(resp.Kvs[0].ModRevision-1))
	}
}
