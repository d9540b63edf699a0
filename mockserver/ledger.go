package mockserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// storeTimeout is how long a store may take before a client is told to come again later.
const storeTimeout = 5 * time.Second

// part is a scope with what it holds.
type part interface {
	base() *scope
	take(e entry) // mu is held
}

// ledger is how all state changes: decided on what is there, kept if that is still so, then shown.
type ledger struct {
	vault  *vault
	broken atomic.Pointer[error] // what the store told cannot be read
}

// intact is nil as long as the state is what the store says.
func (l *ledger) intact() error {
	if err := l.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// commit lets decide look at the parts, of which it changes the first and perhaps others, keeps the entries that it
// returns, and shows them. If another server was faster, decide is asked anew about what that server made of the
// state: it must change nothing itself.
func (l *ledger) commit(ctx context.Context, decide func() ([]entry, error), parts ...part) error {
	if l.vault.store == nil {
		lockAll(parts)
		defer unlockAll(parts)
		entries, err := decide()
		if err == nil {
			show(parts, entries, nil, 0)
		}
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	first := parts[0].base()
	if err := first.enter(bounded); err != nil {
		return l.failed(ctx, err)
	}
	defer first.leave()
	for try := 0; ; try++ {
		lockAll(parts)
		entries, err := decide()
		at := versions(parts)
		unlockAll(parts)
		if err != nil || len(entries) == 0 {
			return err
		}
		version, err := l.vault.commit(bounded, at, entries)
		if err == nil {
			lockAll(parts)
			show(parts, entries, at, version)
			unlockAll(parts)
			return nil
		}
		if errors.Is(err, ErrUnavailable) {
			err = fmt.Errorf("a write may or may not have been made: %w", err)
		}
		if !errors.Is(err, ErrConflict) {
			return l.failed(ctx, err)
		}
		if err = l.catchUp(bounded, parts...); err == nil {
			err = backOff(bounded, try)
		}
		if err != nil {
			return l.failed(ctx, err)
		}
	}
}

// show applies entries to the state that they were decided on. A part that is no longer at that version has heard
// from the store in the meantime, and will hear of these entries there too.
func show(parts []part, entries []entry, at map[string]int64, version int64) {
	for _, p := range parts {
		b, changed := p.base(), false
		if version != 0 && b.version != at[b.name] {
			continue
		}
		for _, e := range entries {
			if e.scope == b.name {
				p.take(e)
				changed = true
			}
		}
		if changed && version != 0 {
			b.reach(version)
		}
	}
}

// refresh makes sure that the parts are not older than this call.
func (l *ledger) refresh(ctx context.Context, parts ...part) error {
	if l.vault.store == nil {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := l.catchUp(bounded, parts...); err != nil {
		return l.failed(ctx, err)
	}
	return nil
}

func (l *ledger) catchUp(ctx context.Context, parts ...part) error {
	if err := l.intact(); err != nil {
		return err
	}
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.base().name
	}
	latest, err := l.vault.store.Latest(ctx, names...)
	if err != nil {
		return err
	}
	for i, p := range parts {
		if err := p.base().await(ctx, latest[i]); err != nil {
			return err
		}
	}
	return nil
}

// failed is what a client is told of an error of the store; ctx is the client's own.
func (l *ledger) failed(ctx context.Context, err error) error {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return err
	case ctx.Err() != nil:
		return backendError(ctx.Err())
	case errors.Is(err, ErrTooLarge):
		return refuse(http.StatusRequestEntityTooLarge, api.CodeBadRequest, "What would have to be kept is too large: %s.", err)
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return &refusal{
			status: http.StatusServiceUnavailable, code: api.CodeUnavailable, retryAfter: time.Second,
			message: fmt.Sprintf("The store of the servers does not answer: %s.", err),
		}
	}
	return fmt.Errorf("keep data: %w", err)
}

// backOff waits a little longer after each conflict, and never as long as a neighbour does.
func backOff(ctx context.Context, try int) error {
	t := time.NewTimer(rand.N(time.Millisecond << min(try, 6))) //nolint:gosec // jitter is no secret
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func lockAll(parts []part) {
	for _, p := range parts {
		p.base().mu.Lock()
	}
}

func unlockAll(parts []part) {
	for _, p := range parts {
		p.base().mu.Unlock()
	}
}

func versions(parts []part) map[string]int64 {
	at := make(map[string]int64, len(parts))
	for _, p := range parts {
		at[p.base().name] = p.base().version
	}
	return at
}

// apply takes what a store tells. Decoding comes first, so that an update is taken as a whole or not at all.
func (l *ledger) apply(u Update, find func(scope string) part, all func() []part) error {
	byScope := map[string][]entry{}
	for scope := range u.Versions {
		byScope[scope] = nil
	}
	for _, c := range u.Changes {
		if c.Kind != keepFormat || c.Value == nil {
			continue
		}
		if err := l.vault.check(c.Value); err != nil {
			return err
		}
	}
	for _, c := range u.Changes {
		e, err := l.vault.decode(c)
		if err != nil {
			return err
		}
		byScope[c.Scope] = append(byScope[c.Scope], e)
	}
	if u.Reset {
		for _, p := range all() {
			if _, ok := byScope[p.base().name]; !ok {
				byScope[p.base().name] = nil
			}
		}
	}
	// What the workspaces have in common comes first.
	if entries, ok := byScope[worldScope]; ok {
		applyTo(find(worldScope), entries, u)
	}
	delete(byScope, worldScope)
	for _, scope := range slices.Sorted(maps.Keys(byScope)) {
		applyTo(find(scope), byScope[scope], u)
	}
	return nil
}

func applyTo(p part, entries []entry, u Update) {
	b := p.base()
	b.mu.Lock()
	defer b.mu.Unlock()
	version := u.Versions[b.name]
	switch {
	case u.Reset:
		p.take(entry{scope: b.name})
	case version <= b.version:
		return // a commit of this server
	}
	for _, e := range entries {
		p.take(e)
	}
	b.reach(version)
}
