package upstream

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// The kinds of errors. Every error of a backend is an *Error of one of them, or the caller's own context error.
var (
	ErrLimited     = errors.New("rate limited")            // 429; RetryAfter if the upstream said
	ErrRejected    = errors.New("request rejected")        // another 4xx
	ErrUnavailable = errors.New("unavailable")             // 5xx, or an error frame in a stream
	ErrTimeout     = errors.New("no answer in time")       // connecting, waiting, or a stream that stalls
	ErrConnect     = errors.New("no connection")           // refused, no route, no such name
	ErrCertificate = errors.New("certificate not trusted") // wrong name, unknown authority, expired
	ErrReset       = errors.New("connection lost")         // after the request was sent
	ErrTruncated   = errors.New("answer cut short")        // the body ends before the answer does
	ErrMalformed   = errors.New("malformed answer")        // not of the upstream's format
	ErrRedirect    = errors.New("redirect refused")        // a key must not travel on
	ErrForbidden   = egress.ErrForbidden                   // the destination's address is not allowed
	ErrCircuitOpen = errors.New("circuit open")            // too many failures of late; RetryAfter says when to try
	ErrUnsupported = errors.New("not supported")           // the upstream cannot do what the request asks for
	ErrKey         = errors.New("no key")                  // the key could not be looked up or exchanged
	ErrNotReady    = errors.New("not ready")               // of Ready: the engine or its model is not there
)

// Error says what went wrong with which upstream.
type Error struct {
	Upstream   string
	Kind       error
	Status     int // of the upstream's answer; 0 where there is none
	RetryAfter time.Duration
	Message    string // in the upstream's words or ours, without secrets
	Err        error  // the cause; nil where there is none
}

func (e *Error) Error() string {
	parts := make([]string, 0, 5)
	if e.Upstream != "" {
		parts = append(parts, e.Upstream)
	}
	parts = append(parts, e.Kind.Error())
	if e.Status != 0 {
		parts = append(parts, strconv.Itoa(e.Status))
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	} else if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap leads to the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// statusOverloaded is Anthropic's own status.
const statusOverloaded = 529

// HTTPStatus is what a gateway should answer: the upstream's own status where it gave one that fits, so that clients
// and fallbacks see 429 and 5xx as such.
func (e *Error) HTTPStatus() int {
	switch e.Kind {
	case ErrLimited:
		return http.StatusTooManyRequests
	case ErrRejected:
		if e.Status == http.StatusUnauthorized {
			return http.StatusForbidden // 401 would make clients doubt their own token
		}
		return e.Status
	case ErrTimeout:
		return http.StatusGatewayTimeout
	case ErrConnect, ErrCircuitOpen, ErrNotReady:
		return http.StatusServiceUnavailable
	case ErrForbidden:
		return http.StatusForbidden
	case ErrUnsupported, ErrKey:
		return http.StatusBadRequest
	case ErrUnavailable:
		switch e.Status {
		case http.StatusServiceUnavailable, statusOverloaded:
			return http.StatusServiceUnavailable
		case http.StatusGatewayTimeout:
			return http.StatusGatewayTimeout
		}
	}
	return http.StatusBadGateway
}

// verdict is what an error says about the upstream's health.
func verdict(kind error) outcome {
	switch kind {
	case ErrKey, ErrForbidden, ErrUnsupported:
		return unknown // it was not asked
	case ErrLimited, ErrRejected:
		return good
	}
	return bad
}

// kindOfStatus maps a status that is no success.
func kindOfStatus(status int) error {
	switch {
	case status == http.StatusTooManyRequests:
		return ErrLimited
	case status >= 300 && status < 400:
		return ErrRedirect
	case status >= 400 && status < 500:
		return ErrRejected
	default:
		return ErrUnavailable
	}
}
