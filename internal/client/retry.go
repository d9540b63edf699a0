package client

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// policy says what may be repeated.
type policy int

const (
	// repeatable requests may be executed twice: reads, deletes, replacements, and creations, whose second
	// execution is told apart by its "already exists".
	repeatable policy = iota
	// onceOnly requests are repeated only if they certainly were not executed.
	onceOnly
)

const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 10 * time.Second
)

// send repeats a request as its policy allows, with growing, jittered pauses, or those that the server asks for
// by Retry-After, for RetryTimeout in all.
func (c *Client) send(ctx context.Context, p policy, method, path string, body []byte) (answer, error) {
	deadline := time.Now().Add(c.o.RetryTimeout)
	for backoff := firstBackoff; ; backoff = min(2*backoff, maxBackoff) {
		a, err := c.once(ctx, method, path, body)
		if err == nil || ctx.Err() != nil || !p.allows(method, a, err) {
			return a, err
		}
		wait := retryAfter(a.header, time.Now())
		if wait == 0 {
			wait = backoff/2 + rand.N(backoff/2+1)
		}
		if time.Now().Add(wait).After(deadline) {
			return a, err
		}
		c.o.Log(ctx, "repeating a request", map[string]any{"method": method, "path": path, "in": wait.String(), "reason": err.Error()})
		if !sleep(ctx, wait) {
			return a, err
		}
	}
}

func (p policy) allows(method string, a answer, err error) bool {
	var refused *Error
	if errors.As(err, &refused) {
		switch refused.Status {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			return true
		case http.StatusBadGateway, http.StatusGatewayTimeout:
			return p == repeatable && method != http.MethodPost
		}
		return false
	}
	if neverSent(err) {
		return true
	}
	return p == repeatable && a.status == 0 && unanswered(err)
}

// neverSent reports whether no connection came about, so that nothing can have been executed.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && !isPermanent(err)
}

// isPermanent reports whether no later try can succeed: the host does not exist.
func isPermanent(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// unanswered reports whether the connection broke, or stayed silent, after the request may have been read.
func unanswered(err error) bool {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return true
	}
	return slices.ContainsFunc([]error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed},
		func(target error) bool { return errors.Is(err, target) })
}

// retryAfter reads a Retry-After in seconds or as a date; 0 if there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil {
		return time.Duration(max(s, 0)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

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
