package mockserver

import (
	"net/http"
	"strconv"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// servedModelHeader is api.ServedModelHeader in the form that net/http writes.
const servedModelHeader = "Served-Model-Name"

// routing is what the answer to an invocation tells of its way, in headers of its own.
type routing struct {
	asked  bool          // the request is an invocation of an endpoint that can answer
	waited time.Duration // for backends, those of failed attempts too
	failed []failedAttempt
}

// failedAttempt is an entity that could not answer, so that the next one was asked.
type failedAttempt struct {
	entity string
	cause  *refusal
}

// wait adds what a backend has taken since it was asked.
func (g *routing) wait(asked, now time.Time) { g.waited += now.Sub(asked) }

// announce writes what is known before the answer's first byte: why other entities did not answer, and how long
// the gateway and the backends took. For a stream that is the time to its first frame.
func (g *routing) announce(h http.Header, took time.Duration) {
	if !g.asked {
		return
	}
	if len(g.failed) > 0 {
		h[api.FallbackHeader] = []string{fallbackReason(g.failed)}
	}
	b := make([]byte, 0, 48)
	b = append(b, "gateway;dur="...)
	b = appendMillis(b, took-g.waited)
	b = append(b, ", upstream;dur="...)
	b = appendMillis(b, g.waited)
	h["Server-Timing"] = []string{string(b)}
}

// fallbackReason is a list of strings with parameters (RFC 9651): "name";status=429;code="REQUEST_LIMIT_EXCEEDED".
// Names and codes hold nothing that would have to be escaped.
func fallbackReason(failed []failedAttempt) string {
	var b []byte
	for i, f := range failed {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(append(b, '"'), f.entity...), `";status=`...)
		b = strconv.AppendInt(b, int64(f.cause.status), 10)
		b = append(append(append(b, `;code="`...), f.cause.code...), '"')
	}
	return string(b)
}

// appendMillis writes a duration in milliseconds, to the microsecond; clocks that were put back count as none.
func appendMillis(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, float64(max(d, 0).Microseconds())/1000, 'f', -1, 64)
}
