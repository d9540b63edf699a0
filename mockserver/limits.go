package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// renewal is the only renewal period of the API.
const renewal = time.Minute

// limiter counts calls and tokens in windows of a minute that start with their first call.
type limiter struct {
	mu      sync.Mutex
	windows map[windowKey]*limitWindow
}

// windowKey names who shares a window: an endpoint's callers, one user, a group, a service principal.
type windowKey struct{ endpoint, who string }

type limitWindow struct {
	start  time.Time
	calls  int64
	tokens int64
}

// window is the window of a key at now, anew where the last one is over.
func (l *limiter) window(k windowKey, now time.Time) *limitWindow {
	w := l.windows[k]
	if w == nil || now.Sub(w.start) >= renewal {
		if l.windows == nil {
			l.windows = map[windowKey]*limitWindow{}
		}
		w = &limitWindow{start: now}
		l.windows[k] = w
	}
	return w
}

// appliedLimit is a rate limit that a caller falls under, and with whom the caller shares it.
type appliedLimit struct {
	api.RateLimit
	who string
}

// limitsFor lists the limits of an endpoint that a caller falls under. A user's or service principal's own
// limit takes the place of the default one for users.
func limitsFor(r *record, c caller) []appliedLimit {
	limits := slices.Clone(r.RateLimits)
	if r.AIGateway != nil {
		limits = append(limits, r.AIGateway.RateLimits...)
	}
	var out []appliedLimit
	own := slices.ContainsFunc(limits, func(l api.RateLimit) bool { return l.Principal == c.user && l.Principal != "" })
	for _, l := range limits {
		switch {
		case l.Key == "" || l.Key == "endpoint":
			out = append(out, appliedLimit{l, "endpoint"})
		case l.Key == "user" && l.Principal == "" && !own:
			out = append(out, appliedLimit{l, "user " + c.user})
		case (l.Key == "user" || l.Key == "service_principal") && l.Principal == c.user:
			out = append(out, appliedLimit{l, "user " + c.user})
		case l.Key == "user_group" && slices.Contains(c.groups, l.Principal):
			out = append(out, appliedLimit{l, "group " + l.Principal})
		}
	}
	return out
}

// limited reports whether an endpoint limits anybody.
func (r *record) limited() bool {
	return len(r.RateLimits) > 0 || r.AIGateway != nil && len(r.AIGateway.RateLimits) > 0
}

// admit lets a call through if every limit does, and counts it. A limit of zero disables the endpoint.
func (l *limiter) admit(r *record, c caller, now time.Time) error {
	if !r.limited() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	limits := limitsFor(r, c)
	for _, a := range limits {
		if (a.Calls != nil && *a.Calls == 0) || (a.Tokens != nil && *a.Tokens == 0) {
			return refuse(http.StatusForbidden, api.CodePermissionDenied, "Endpoint '%s' is disabled by a rate limit of 0 (%s).", r.Name, a.who)
		}
		w := l.window(windowKey{r.ID, a.who}, now)
		if (a.Calls != nil && w.calls >= *a.Calls) || (a.Tokens != nil && w.tokens >= *a.Tokens) {
			return limited(r.Name, a.who, w.start.Add(renewal).Sub(now))
		}
	}
	for _, who := range sharers(limits) {
		l.window(windowKey{r.ID, who}, now).calls++
	}
	return nil
}

// charge counts the tokens of an answer.
func (l *limiter) charge(r *record, c caller, tokens int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, who := range sharers(limitsFor(r, c)) {
		l.window(windowKey{r.ID, who}, now).tokens += int64(tokens)
	}
}

// sharers lists the windows of the limits, each once.
func sharers(limits []appliedLimit) []string {
	var out []string
	for _, a := range limits {
		if !slices.Contains(out, a.who) {
			out = append(out, a.who)
		}
	}
	return out
}

// limited is a 429 whose Retry-After, if obeyed, succeeds.
func limited(endpoint, who string, wait time.Duration) error {
	return &refusal{
		status: http.StatusTooManyRequests, code: api.CodeLimitExceeded, retryAfter: max(wait, time.Millisecond),
		message: fmt.Sprintf("%s: Exceeded the rate limit of endpoint %s (%s). Retry after %s.", api.CodeLimitExceeded, endpoint, who, wait.Round(time.Millisecond)),
	}
}
