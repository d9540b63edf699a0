package mockserver

import (
	"context"
	"errors"
)

// Store keeps what clients were told: values by scope, kind and name. A scope is a workspace, or what the server
// keeps beside them; it has a version, zero before its first change, that every commit which changes it raises.
// Several servers may share a Store, which is how they agree.
type Store interface {
	// Commit makes all changes of a transaction or none. They last once it returns; the version is that of every
	// scope which was changed. ErrConflict says that a scope was not at the version that the transaction names,
	// ErrTooLarge that it never will be taken, and ErrUnavailable that nobody knows whether it was made.
	Commit(ctx context.Context, t Txn) (version int64, err error)
	// Latest asks for the versions of scopes, in their order. None is older than the last commit that ended before
	// the call.
	Latest(ctx context.Context, scopes ...string) ([]int64, error)
	// Follow calls f with everything that is kept and returns. Until Close it goes on to call f with every change,
	// in order, one call at a time, where others can make any.
	Follow(ctx context.Context, f func(Update)) error
	// Close ends Follow; no call of f is under way when it returns.
	Close() error
}

// Errors that a Store wraps.
var (
	ErrConflict    = errors.New("the state was changed by another server")
	ErrUnavailable = errors.New("the store cannot be reached")
	ErrTooLarge    = errors.New("the store does not take as much at once")
)

// Txn is what a server wants to be kept if nobody was faster.
type Txn struct {
	At      map[string]int64 // the version of each scope that the changes were decided on
	Changes []Change
}

// Change keeps a value, or drops it if it is nil. Without Kind and Name it drops everything in its scope.
type Change struct {
	Scope, Kind, Name string
	Value             []byte
}

// Update is what a Store tells those who follow it.
type Update struct {
	Reset    bool             // the changes are everything that is kept: the rest is gone
	Versions map[string]int64 // of the scopes that were changed
	Changes  []Change
}
