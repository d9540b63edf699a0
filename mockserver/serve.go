package mockserver

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// bodyLimit is the API's limit of a request body, 16 MB; 4 MB for external and provisioned models.
const bodyLimit = 16 << 20

// routes makes the handler from the table. Paths are taken as they are sent: what a mux would clean and
// redirect is a route that the server does not have.
func (s *Server) routes() http.Handler {
	m := http.NewServeMux()
	table := slices.Concat(routeTable(), secretRoutes(), modelRoutes())
	if s.opts.Admin {
		table = append(table, adminRoutes()...)
	}
	for _, rt := range table {
		m.Handle(rt.method+" "+rt.path, s.serve(rt))
	}
	unknown := s.serve(route{open: true, run: func(_ *Server, x *exchange) (response, error) {
		return nil, refuse(http.StatusNotFound, api.CodeRouteNotFound, "No API found for '%s'.", x.vars["request"])
	}})
	m.Handle("/", unknown)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = withoutSlash(r)
		if unclean(r.URL.Path) {
			unknown.ServeHTTP(w, r)
			return
		}
		m.ServeHTTP(w, r)
	})
}

// unclean reports whether a mux would redirect a path. Most paths show at a glance that it would not.
func unclean(p string) bool {
	return (strings.Contains(p, "//") || strings.Contains(p, "/.") || strings.HasSuffix(p, "/") || !strings.HasPrefix(p, "/")) && p != path.Clean(p)
}

// withoutSlash drops the slash at the end of a path, which mlflow's client leaves there when it joins a base
// and an empty route.
func withoutSlash(r *http.Request) *http.Request {
	path, trimmed := strings.CutSuffix(r.URL.Path, "/")
	if !trimmed || path == "" {
		return r
	}
	q, u := *r, *r.URL
	u.Path, u.RawPath = path, strings.TrimSuffix(u.RawPath, "/")
	q.URL = &u
	return &q
}

// serve runs one route: who calls, what was asked, the faults before, the action, the faults after, the answer.
func (s *Server) serve(rt route) http.Handler {
	names := pathVars(rt.path)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{
			ctx: r.Context(), vars: pathValues(r, rt, names), host: r.Host, tls: r.TLS != nil, now: s.now(), route: rt.name,
		}
		if r.URL.RawQuery != "" {
			x.query = r.URL.Query()
		}
		x.basicPassword = basicPassword(r)
		var authErr error
		id := identity{}
		if !rt.open {
			if id, authErr = s.auth.request(r); authErr == nil {
				x.caller, x.tenant = s.caller(id.user), s.workspace(id.workspace)
			}
		}
		var bodyErr error
		if authErr == nil {
			x.body, bodyErr = readBody(w, r, s.opts.ReadTimeout)
		} else if r.ContentLength != 0 {
			w.Header().Set("Connection", "close") // a stranger's body is not waited for
		}
		if rt.admin {
			s.answer(w, rt, x, errors.Join(authErr, bodyErr))
			return
		}
		x.seq = s.recorder.begin(Recorded{
			Time: x.now, Workspace: id.workspace, Route: rt.name, Method: r.Method, Path: r.URL.Path,
			Query: r.URL.RawQuery, Header: r.Header, Body: x.body,
		})
		sw := &statusWriter{ResponseWriter: w}
		defer func() { s.recorder.end(x.seq, sw.status) }()
		err := authErr
		if err == nil {
			err = bodyErr
		}
		s.withFaults(sw, r, rt, x.seq, func(w http.ResponseWriter) { s.answer(w, rt, x, err) })
		if level := logLevel(sw.status); s.opts.Logger.Enabled(r.Context(), level) {
			s.opts.Logger.LogAttrs(r.Context(), level, "request", requestAttrs(rt, r, id, sw.status)...)
		}
	})
}

// answer runs the action unless something was wrong before, and writes what came of it.
func (s *Server) answer(w http.ResponseWriter, rt route, x *exchange, err error) {
	var resp response
	if err == nil && x.tenant != nil && !rt.cached {
		if err = s.ledger.refresh(x.ctx, x.tenant, &s.world); err == nil {
			x.now = s.now()
		}
	}
	if err == nil && rt.name != "" { // an unknown route names itself
		err = checkQuery(x.query, rt.query)
	}
	if err == nil && rt.needs != mayNothing && !x.admin {
		err = s.permit(x, rt.needs)
	}
	if err == nil {
		resp, err = rt.run(s, x)
	}
	x.announce(w.Header(), s.now().Sub(x.now))
	if err != nil {
		_ = asRefusal(err).write(w, rt.errors)
		return
	}
	_ = resp.write(w) // the client is gone
}

// permit refuses a caller who may do too little with the endpoint of the path.
func (s *Server) permit(x *exchange, needed level) error {
	r, err := x.tenant.get(x.vars["name"], s.opts.Progression, x.now)
	if err != nil {
		return err
	}
	return r.permit(x.caller, needed)
}

// checkQuery refuses parameters that the route does not have.
func checkQuery(query url.Values, known []string) error {
	for k := range query {
		if !slices.Contains(known, k) {
			return invalid("", "unknown query parameter '%s'", k)
		}
	}
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	rc := http.NewResponseController(w)
	socket := rc.SetReadDeadline(time.Now().Add(timeout)) == nil
	body, err := readAll(w, r)
	if err == nil {
		if socket {
			_ = rc.SetReadDeadline(time.Time{}) // it worked a moment ago
		}
		return body, nil
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, refuse(http.StatusRequestEntityTooLarge, api.CodeBadRequest, "The request body exceeds the limit of %d bytes.", tooLarge.Limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.Header().Set("Connection", "close") // the rest is not waited for either
		return nil, refuse(http.StatusRequestTimeout, api.CodeDeadline, "The request body did not arrive within %s.", timeout)
	}
	return nil, badRequest("Could not read the request body: %s.", err)
}

// readAll reads a body of known length in one piece.
func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if n := r.ContentLength; n > 0 && n <= bodyLimit {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
}

// pathVars are the names between braces in a route's path.
func pathVars(path string) []string {
	var names []string
	for segment := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// pathValues reads the variables of the route; "request" names an unknown one.
func pathValues(r *http.Request, rt route, names []string) map[string]string {
	vars := make(map[string]string, len(names)+1)
	for _, n := range names {
		vars[n] = r.PathValue(n)
	}
	if rt.name == "" {
		vars["request"] = r.Method + " " + r.URL.Path
	}
	return vars
}

// basicPassword is the secret of an OAuth client, which RFC 6749 has form-encoded.
func basicPassword(r *http.Request) string {
	_, password, _ := r.BasicAuth()
	if u, err := url.QueryUnescape(password); err == nil {
		return u
	}
	return password
}

// statusWriter remembers the status for the recorder and passes streaming on.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
