package upstream

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// Timeouts bounds the calls to one upstream.
type Timeouts struct {
	Connect time.Duration // name resolution, TCP and TLS each; default 10 s
	Request time.Duration // a whole call, streams included; default 297 s, what the serving API gives a model
	Idle    time.Duration // between two reads of a stream; default 60 s
}

// Options configures an upstream. The zero value suits a public provider.
type Options struct {
	Policy   egress.Policy // what may be dialled besides public addresses
	RootCAs  *x509.CertPool
	Timeouts Timeouts
	Breaker  BreakerConfig
	Clock    func() time.Time // default time.Now
}

// caller makes the HTTP calls of one upstream: one pool of connections, one circuit.
type caller struct {
	name     string
	client   *http.Client
	breaker  *breaker
	timeouts Timeouts
	now      func() time.Time
}

func newCaller(name string, o Options) *caller {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Timeouts.Request <= 0 {
		o.Timeouts.Request = 297 * time.Second
	}
	if o.Timeouts.Idle <= 0 {
		o.Timeouts.Idle = 60 * time.Second
	}
	return &caller{
		name:     name,
		client:   egress.NewClient(egress.Options{Policy: o.Policy, Connect: o.Timeouts.Connect, RootCAs: o.RootCAs}),
		breaker:  newBreaker(o.Breaker, o.Clock),
		timeouts: o.Timeouts,
		now:      o.Clock,
	}
}

func (c *caller) close() { c.client.CloseIdleConnections() }

// call is one request to be made.
type call struct {
	method string
	url    string
	header http.Header
	body   []byte
	stream bool
	probe  bool // asks how the upstream is: neither stopped by the circuit nor counted
	// open begins a call that is not HTTP's, in place of all that stands above, and returns its answer.
	open func(context.Context) (io.ReadCloser, secrets, error)
	// authorize adds the key. It is the last to touch the request, and returns what must not be repeated.
	authorize func(*http.Request, []byte) (secrets, error)
}

// do sends a call and returns its answer once the headers are there; anything but a 2xx is an error.
func (c *caller) do(ctx context.Context, x call) (*reply, error) {
	if !x.probe {
		if wait, ok := c.breaker.allow(); !ok {
			return nil, &Error{Upstream: c.name, Kind: ErrCircuitOpen, RetryAfter: wait}
		}
	}
	r := &reply{caller: c, parent: ctx, probe: x.probe}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	r.deadline = time.AfterFunc(c.timeouts.Request, r.expire)
	if err := r.send(x); err != nil {
		return nil, r.settle(err)
	}
	if x.stream {
		r.idle = time.AfterFunc(c.timeouts.Idle, r.expire)
		r.idle.Stop() // it runs while somebody waits for bytes
	}
	return r, nil
}

// plain makes a call and reads the whole answer.
func (c *caller) plain(ctx context.Context, x call, decode func([]byte) error) error {
	r, err := c.do(ctx, x)
	if err != nil {
		return err
	}
	body, err := r.readAll()
	if err == nil && len(body) > maxAnswer {
		err = &Error{Kind: ErrMalformed, Message: "the answer is too long"}
	}
	if err == nil {
		err = malformed(decode(body))
	}
	return r.settle(err)
}

// maxAnswer bounds a plain answer in bytes; maxErrorBody what is read of an error's.
const (
	maxAnswer    = 64 << 20
	maxErrorBody = 64 << 10
)

// malformed makes an error of decoding one of format; a body that was cut is invalid JSON too.
func malformed(err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	e := asError(err)
	e.Kind = ErrMalformed
	return e
}

// reply is an answer that is being read. It is settled once, however it ends.
type reply struct {
	caller   *caller
	parent   context.Context
	ctx      context.Context
	cancel   context.CancelCauseFunc
	deadline *time.Timer
	idle     *time.Timer // of streams
	body     io.ReadCloser
	length   int64 // of the body; not above 0 where it is not known
	whole    bool  // the body was read to its end
	secrets  secrets
	probe    bool
}

// expire ends a call that takes too long.
func (r *reply) expire() { r.cancel(&Error{Kind: ErrTimeout}) }

func (r *reply) send(x call) (err error) {
	if x.open != nil {
		r.length = -1
		r.body, r.secrets, err = x.open(r.ctx)
		return err
	}
	req, err := http.NewRequestWithContext(r.ctx, x.method, x.url, bytes.NewReader(x.body))
	if err != nil {
		return &Error{Kind: ErrForbidden, Message: "not a URL"}
	}
	for k, v := range x.header {
		req.Header[k] = v
	}
	if x.authorize != nil {
		if r.secrets, err = x.authorize(req, x.body); err != nil {
			return err
		}
	}
	resp, err := r.caller.client.Do(req) //nolint:bodyclose // settle closes it
	if err != nil {
		return err
	}
	r.body, r.length = resp.Body, resp.ContentLength
	if resp.StatusCode/100 == 2 {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // the status says enough where the body breaks
	return statusError(resp, body, r.caller.now())
}

// readAll reads a plain answer, in one piece where its length is known.
func (r *reply) readAll() ([]byte, error) {
	r.whole = true
	if r.length > 0 && r.length <= maxAnswer {
		body := make([]byte, r.length+1) // with room to see the end
		n, err := io.ReadFull(r.body, body)
		if errors.Is(err, io.ErrUnexpectedEOF) && int64(n) == r.length {
			err = nil
		}
		return body[:n], err
	}
	return io.ReadAll(io.LimitReader(r.body, maxAnswer+1))
}

// Read reads the body, of streams with a bound on the wait.
func (r *reply) Read(p []byte) (int, error) {
	if r.idle != nil {
		r.idle.Reset(r.caller.timeouts.Idle)
		defer r.idle.Stop()
	}
	return r.body.Read(p)
}

// record tells the circuit how the call ended.
func (r *reply) record(o outcome) {
	if !r.probe {
		r.caller.breaker.record(o)
	}
}

// drainTime is how long an answer that is complete may take to end, so that its connection can be used again.
const drainTime = 100 * time.Millisecond

// settle ends the call: the connection goes back or is closed, the circuit hears of it, and the error, if there is
// one, gets its kind and loses every secret.
func (r *reply) settle(err error) error {
	if err == nil && r.body != nil && !r.whole {
		r.deadline.Reset(drainTime)
		_, _ = io.CopyN(io.Discard, r.body, 4<<10) // the answer is known; only the connection's reuse depends on it
	}
	cause := context.Cause(r.ctx)
	r.deadline.Stop()
	if r.body != nil {
		_ = r.body.Close() // nothing of the answer is missing
	}
	r.cancel(nil)
	if err == nil {
		r.record(good)
		return nil
	}
	if gone := r.parent.Err(); gone != nil {
		if errors.Is(gone, context.DeadlineExceeded) {
			r.record(bad) // whoever asked waited as long as it would
		} else {
			r.record(unknown)
		}
		return gone
	}
	if ours := (*Error)(nil); cause != nil && !errors.As(cause, &ours) {
		r.record(unknown) // whoever reads the stream has gone
		return cause
	}
	if cause != nil {
		err = cause
	}
	e := asError(err)
	e.Upstream = r.caller.name
	r.secrets.scrub(e)
	r.record(verdict(e.Kind))
	return e
}
