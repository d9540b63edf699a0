package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// The kinds of refusal, for errors.Is. An error's code decides first, then its status, as other clients of the
// API do it.
var (
	ErrInvalid          = errors.New("invalid request")
	ErrUnauthenticated  = errors.New("not authenticated")
	ErrPermissionDenied = errors.New("permission denied")
	ErrNotFound         = errors.New("not found")
	ErrAlreadyExists    = errors.New("already exists")
	ErrConflict         = errors.New("another update is running")
	ErrLimitExceeded    = errors.New("too many requests")
	ErrUnavailable      = errors.New("temporarily unavailable")
	ErrInternal         = errors.New("internal error of the server")
)

// Error is a refusal by the API, in the server's words.
type Error struct {
	Status    int
	Code      string
	Message   string
	RequestID string // "" where the server names none
	Method    string
	Path      string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s %s: %d %s: %s", e.Method, e.Path, e.Status, e.Code, e.Message)
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

// Invalid reports whether the request itself is to blame.
func (e *Error) Invalid() bool { return e.kind() == ErrInvalid }

// Conflict reports whether another update stands in the way for now.
func (e *Error) Conflict() bool { return e.kind() == ErrConflict }

// Is reports whether target is the sentinel of this refusal.
func (e *Error) Is(target error) bool { return target == e.kind() }

func (e *Error) kind() error {
	byCode := map[string]error{
		api.CodeInvalidParameter:  ErrInvalid,
		api.CodeBadRequest:        ErrInvalid,
		api.CodeMalformedRequest:  ErrInvalid,
		api.CodeNotFound:          ErrNotFound,
		api.CodeEndpointNotFound:  ErrNotFound,
		api.CodeAlreadyExists:     ErrAlreadyExists,
		"ALREADY_EXISTS":          ErrAlreadyExists,
		api.CodeConflict:          ErrConflict,
		api.CodeLimitExceeded:     ErrLimitExceeded,
		api.CodeResourceExhausted: ErrLimitExceeded,
	}
	byStatus := map[int]error{
		http.StatusBadRequest:          ErrInvalid,
		http.StatusUnauthorized:        ErrUnauthenticated,
		http.StatusForbidden:           ErrPermissionDenied,
		http.StatusNotFound:            ErrNotFound,
		http.StatusConflict:            ErrConflict,
		http.StatusTooManyRequests:     ErrLimitExceeded,
		http.StatusServiceUnavailable:  ErrUnavailable,
		http.StatusInternalServerError: ErrInternal,
	}
	if kind, ok := byCode[e.Code]; ok {
		return kind
	}
	return byStatus[e.Status]
}

// refusal reads the body of an answer outside 2xx. The code may be a string or a number; a body that is no
// JSON, a proxy's page say, is quoted by its beginning.
func refusal(method, path string, a answer) error {
	e := &Error{Status: a.status, Method: method, Path: path, Code: "UNKNOWN"}
	for _, h := range []string{"X-Request-Id", "X-Databricks-Request-Id"} {
		if id := a.header.Get(h); id != "" {
			e.RequestID = id
		}
	}
	var body struct {
		ErrorCode any    `json:"error_code"`
		Message   string `json:"message"`
	}
	if err := json.Unmarshal(a.body, &body); err == nil && (body.ErrorCode != nil || body.Message != "") {
		if body.ErrorCode != nil {
			e.Code = fmt.Sprint(body.ErrorCode)
		}
		e.Message = body.Message
		return e
	}
	const quote = 200
	text := strings.TrimSpace(string(a.body))
	if len(text) > quote {
		text = text[:quote] + "…"
	}
	e.Message = strings.TrimSpace(http.StatusText(a.status) + " " + text)
	return e
}

// transportError tells of a request without an answer. It leaves out the URL's host and query, which
// http.Client puts into its errors.
type transportError struct {
	method, path string
	cause        error
}

func newTransportError(ctx context.Context, method, path string, err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return &transportError{method, path, err}
}

func (e *transportError) Error() string { return fmt.Sprintf("%s %s: %v", e.method, e.path, e.cause) }
func (e *transportError) Unwrap() error { return e.cause }

// Unheard reports whether the request may have been executed although no answer came.
func (e *transportError) Unheard() bool { return !neverSent(e.cause) && unanswered(e.cause) }
