package upstream

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

// asError gives an error of the network or of the format its kind. Errors that have one keep it.
func asError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		e := *known
		return &e
	}
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		err = outer.Err // without the place, which is the operator's business
	}
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var network net.Error
	var op *net.OpError
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	kind := ErrReset
	switch {
	case errors.Is(err, egress.ErrForbidden):
		kind = ErrForbidden
	case errors.As(err, &certificate), errors.As(err, &alert), errors.As(err, &record):
		kind = ErrCertificate
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		kind = ErrTimeout
	case errors.As(err, &op) && op.Op == "dial", errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, http.ErrSchemeMismatch):
		kind = ErrConnect
	case errors.Is(err, wire.ErrMalformed), errors.As(err, &syntax), errors.As(err, &mismatch):
		kind = ErrMalformed
	case errors.Is(err, io.ErrUnexpectedEOF):
		kind = ErrTruncated
	}
	e := &Error{Kind: kind, Err: err}
	if mismatch != nil {
		e.Message = fmt.Sprintf("%q is of type %s", mismatch.Field, mismatch.Value) // without our types' names
	}
	return e
}

// statusError reads an answer that is no success.
func statusError(resp *http.Response, body []byte, now time.Time) *Error {
	return &Error{
		Kind:       kindOfStatus(resp.StatusCode),
		Status:     resp.StatusCode,
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now),
		Message:    messageOf(body),
	}
}

// retryAfter reads seconds or a date.
func retryAfter(v string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// maxMessage bounds what is repeated of an upstream's message, in bytes.
const maxMessage = 300

// messageOf finds the sentence in an error body: {"error":{"message"}} of OpenAI, Anthropic and Google, {"message"}
// of Cohere, Amazon, Databricks and TorchServe, {"detail"} of AI21 and FastAPI, {"error":"…"} of Ollama. Bodies of
// another form are not repeated.
func messageOf(body []byte) string {
	var shapes struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &shapes) != nil {
		return ""
	}
	message := shapes.Message
	for _, raw := range []json.RawMessage{shapes.Error, shapes.Detail} {
		var text string
		var object struct {
			Message string `json:"message"`
		}
		switch {
		case message != "" || raw == nil:
		case json.Unmarshal(raw, &text) == nil:
			message = text
		case json.Unmarshal(raw, &object) == nil:
			message = object.Message
		}
	}
	return bounded(message)
}

// bounded is a message, cut where it is too long to repeat.
func bounded(message string) string {
	if len(message) > maxMessage {
		return strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}
