package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// How soon a silent connection is given up.
const (
	pingEvery   = 5 * time.Second
	pingTimeout = 3 * time.Second
)

// Store is the state below a prefix.
type Store struct {
	client *clientv3.Client
	keys   keys

	told   atomic.Int64 // the revision up to which followers know everything
	relist chan struct{}
	stop   context.CancelFunc
	teller sync.WaitGroup
}

// reconnect is how etcd is looked for after it was gone: as soon as a client that waits would notice.
func reconnect() grpc.ConnectParams {
	return grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
		MinConnectTimeout: 2 * time.Second,
	}
}

// Open connects to etcd in the background; Follow is the first to say that nobody answers. With a user it asks for a
// token until ctx ends.
func Open(ctx context.Context, c Config) (*Store, error) {
	dial := 5 * time.Second
	if deadline, ok := ctx.Deadline(); ok {
		dial = time.Until(deadline)
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: c.Endpoints, Username: c.User, Password: c.Password, TLS: c.TLS,
		DialTimeout: dial, DialOptions: []grpc.DialOption{grpc.WithConnectParams(reconnect())}, DialKeepAliveTime: pingEvery, DialKeepAliveTimeout: pingTimeout,
		Logger: zap.NewNop(), // what goes wrong is returned
	})
	if err != nil {
		return nil, wrap(err)
	}
	return &Store{client: client, keys: keys{c.Prefix + "/"}, relist: make(chan struct{}, 1)}, nil
}

// Commit makes the changes in one transaction; more than etcd takes at once in several, each of which stands on the
// one before.
func (s *Store) Commit(ctx context.Context, t mockserver.Txn) (int64, error) {
	at := maps.Clone(t.At)
	var version int64
	for _, changes := range split(t.Changes) {
		var err error
		part := s.transaction(mockserver.Txn{At: at, Changes: changes})
		if version, err = part.commit(ctx); err != nil {
			return 0, err
		}
		for _, c := range changes {
			at[c.Scope] = version
		}
	}
	return version, nil
}

// Latest is one linearizable read.
func (s *Store) Latest(ctx context.Context, scopes ...string) ([]int64, error) {
	ops := make([]clientv3.Op, len(scopes))
	for i, scope := range scopes {
		ops[i] = clientv3.OpGet(s.keys.version(scope), clientv3.WithKeysOnly())
	}
	told := s.told.Load()
	resp, err := s.client.Txn(ctx).Then(ops...).Commit()
	if err != nil {
		return nil, wrap(err)
	}
	if resp.Header.Revision < told {
		s.askRelist() // etcd was put back to an older state
	}
	out := make([]int64, len(scopes))
	for i, r := range resp.Responses {
		if kvs := r.GetResponseRange().Kvs; len(kvs) > 0 {
			out[i] = kvs[0].ModRevision
		}
	}
	return out, nil
}

// Close ends the watch and the connections.
func (s *Store) Close() error {
	if s.stop != nil {
		s.stop()
	}
	s.teller.Wait()
	if err := s.client.Close(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("etcd: %w", err)
	}
	return nil
}

// wrap says which errors leave it open what happened: all but those in which etcd or its client refuses.
func wrap(err error) error {
	code := status.Code(err)
	var known rpctypes.EtcdError
	if errors.As(err, &known) {
		code = known.Code()
	}
	switch {
	case errors.Is(err, rpctypes.ErrRequestTooLarge), code == codes.ResourceExhausted && known == rpctypes.EtcdError{}:
		return fmt.Errorf("%w: etcd: %w", mockserver.ErrTooLarge, err)
	case slices.Contains([]codes.Code{
		codes.InvalidArgument, codes.ResourceExhausted, codes.PermissionDenied, codes.Unauthenticated, codes.FailedPrecondition,
	}, code):
		return fmt.Errorf("etcd: %w", err)
	}
	return fmt.Errorf("%w: etcd: %w", mockserver.ErrUnavailable, err)
}
