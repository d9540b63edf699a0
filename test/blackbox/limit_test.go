package blackbox

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// A server that takes five requests a second and says when to come back gets a hundred endpoints, and no error.
func TestAHundredEndpointsThroughALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mockserver.Options{}, "testdata/hundred")
	gate := &limit{perSecond: 5, next: w.server.Handler()}
	front := httptest.NewServer(gate)
	t.Cleanup(front.Close)
	w.url = front.URL

	w.apply()
	if n := len(w.server.Endpoints(w.token)); n != 100 {
		t.Errorf("%d endpoints, want 100", n)
	}
	if gate.refused == 0 {
		t.Error("the limit was never met")
	}
}

// limit lets so many requests through in each second, and answers the others with 429 and a Retry-After.
type limit struct {
	perSecond int
	next      http.Handler

	mu      sync.Mutex
	second  int64
	taken   int
	refused int
}

func (l *limit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !l.take(time.Now()) {
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"too many requests"}`))
		return
	}
	l.next.ServeHTTP(w, r)
}

func (l *limit) take(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if second := now.Unix(); second != l.second {
		l.second, l.taken = second, 0
	}
	if l.taken == l.perSecond {
		l.refused++
		return false
	}
	l.taken++
	return true
}
