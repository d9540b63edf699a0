package etcdstore

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// relistEvery is how often a list is tried that did not come.
const relistEvery = 250 * time.Millisecond

// Follow lists everything, and then watches what is changed from there on.
func (s *Store) Follow(ctx context.Context, f func(mockserver.Update)) error {
	if err := s.list(ctx, f); err != nil {
		return err
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.teller.Go(func() { s.tell(ctx, f) })
	return nil
}

// list tells everything as one update.
func (s *Store) list(ctx context.Context, f func(mockserver.Update)) error {
	resp, err := s.client.Get(ctx, s.keys.prefix, clientv3.WithPrefix())
	if err != nil {
		return wrap(err)
	}
	u := mockserver.Update{Reset: true, Versions: map[string]int64{}}
	for _, kv := range resp.Kvs {
		s.keys.add(&u, string(kv.Key), kv.Value, kv.ModRevision)
	}
	f(u)
	s.told.Store(resp.Header.Revision)
	return nil
}

// tell watches until ctx ends, and lists anew where the watch cannot go on: what it missed was compacted, etcd was put
// back to an older state, or somebody emptied it.
func (s *Store) tell(ctx context.Context, f func(mockserver.Update)) {
	for ctx.Err() == nil {
		if s.watch(ctx, f) {
			continue
		}
		for s.list(ctx, f) != nil {
			if !sleep(ctx, relistEvery) {
				return
			}
		}
	}
}

// watch tells changes as they come. It returns whether the next watch can go on where this one ended.
func (s *Store) watch(ctx context.Context, f func(mockserver.Update)) bool {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	changes := s.client.Watch(ctx, s.keys.prefix, clientv3.WithPrefix(), clientv3.WithRev(s.told.Load()+1))
	for {
		select {
		case <-s.relist:
			return false
		case resp, open := <-changes:
			switch {
			case !open:
				return sleep(ctx, relistEvery)
			case resp.CompactRevision != 0:
				return false
			case resp.Err() != nil:
				return sleep(ctx, relistEvery)
			case s.keys.lost(resp.Events):
				return false
			}
			s.hand(resp.Events, f)
		}
	}
}

// hand tells events, one update for each revision: etcd never cuts one in two.
func (s *Store) hand(events []*clientv3.Event, f func(mockserver.Update)) {
	for i := 0; i < len(events); {
		revision := events[i].Kv.ModRevision
		u := mockserver.Update{Versions: map[string]int64{}}
		for ; i < len(events) && events[i].Kv.ModRevision == revision; i++ {
			var value []byte
			if events[i].Type != clientv3.EventTypeDelete {
				value = append([]byte{}, events[i].Kv.Value...) // empty is not deleted
			}
			s.keys.add(&u, string(events[i].Kv.Key), value, revision)
		}
		f(u)
		s.told.Store(revision)
	}
}

func (s *Store) askRelist() {
	select {
	case s.relist <- struct{}{}:
	default: // it was asked before
	}
}

// sleep reports whether ctx is still alive after a while.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
