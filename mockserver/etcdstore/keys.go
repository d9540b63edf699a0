package etcdstore

import (
	"net/url"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// keys are the names of things in etcd.
type keys struct{ prefix string }

func (k keys) version(scope string) string { return k.prefix + "version/" + url.PathEscape(scope) }

func (k keys) scope(scope string) string { return k.prefix + "data/" + url.PathEscape(scope) + "/" }

func (k keys) value(c mockserver.Change) string {
	return k.scope(c.Scope) + url.PathEscape(c.Kind) + "/" + url.PathEscape(c.Name)
}

// op is a change as etcd makes it.
func (k keys) op(c mockserver.Change) clientv3.Op {
	switch {
	case c.Kind == "":
		return clientv3.OpDelete(k.scope(c.Scope), clientv3.WithPrefix())
	case c.Value == nil:
		return clientv3.OpDelete(k.value(c))
	default:
		return clientv3.OpPut(k.value(c), string(c.Value))
	}
}

// add puts a key into an update: the version of a scope, or a change; a deleted key has no value. Keys that nobody
// here wrote are left alone.
func (k keys) add(u *mockserver.Update, key string, value []byte, revision int64) {
	path, ok := strings.CutPrefix(key, k.prefix)
	if !ok {
		return
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		if err != nil {
			return
		}
		parts[i] = plain
	}
	switch {
	case len(parts) == 2 && parts[0] == "version":
		u.Versions[parts[1]] = revision
	case len(parts) == 4 && parts[0] == "data":
		u.Changes = append(u.Changes, mockserver.Change{Scope: parts[1], Kind: parts[2], Name: parts[3], Value: value})
	}
}

// lost reports whether versions were deleted. No server does that; they count from nothing again.
func (k keys) lost(events []*clientv3.Event) bool {
	return slices.ContainsFunc(events, func(e *clientv3.Event) bool {
		return e.Type == clientv3.EventTypeDelete && strings.HasPrefix(string(e.Kv.Key), k.version(""))
	})
}

// The limits of a transaction: etcd takes 128 operations and 1.5 MiB by default.
const (
	maxChanges = 100
	maxBytes   = 1 << 20
)

// split cuts changes into those that etcd takes in one transaction. What drops a scope stands alone, since etcd
// refuses to change a key twice in a transaction.
func split(changes []mockserver.Change) [][]mockserver.Change {
	var out [][]mockserver.Change
	size, alone := 0, true
	for _, c := range changes {
		n := len(c.Name) + len(c.Value)
		if alone || c.Kind == "" || len(out[len(out)-1]) == maxChanges || size+n > maxBytes {
			out, size = append(out, nil), 0
		}
		last := len(out) - 1
		out[last] = append(out[last], c)
		size, alone = size+n, c.Kind == ""
	}
	return out
}
