package llmapi

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// Addresses say where a server listens. Metrics is empty where the metrics API is off.
type Addresses struct {
	Inference  string `json:"inference_address"` // a URL, as the next two
	Management string `json:"management_address"`
	Metrics    string `json:"metrics_address,omitempty"`
	GRPC       string `json:"grpc_inference_address"` // host:port
}

// listeners are what Close ends.
type listeners struct {
	servers []*http.Server
	running sync.WaitGroup
}

// drainTime is how long requests under way may take once the server closes.
const drainTime = 5 * time.Second

// Listen serves at the configured addresses until Close. APIs with one address share it.
func (s *Server) Listen() (Addresses, error) {
	var out Addresses
	pair, err := s.certificate()
	if err != nil {
		return out, err
	}
	for _, site := range s.sites(&out) {
		mux := http.NewServeMux()
		mux.HandleFunc("/", serveNotFound)
		for _, a := range site {
			a.routes(mux)
		}
		url, err := s.serve(site[0].address, pair, mux)
		if err != nil {
			return out, fmt.Errorf("%s: %w", site[0].property, err)
		}
		for _, a := range site {
			*a.url = url
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(s.settings.GRPCHost, strconv.Itoa(s.settings.GRPCPort)))
	if err != nil {
		return out, fmt.Errorf("grpc_inference_address, grpc_inference_port: %w", err)
	}
	out.GRPC = l.Addr().String()
	s.listeners.running.Go(func() { _ = s.grpc.Serve(l) }) // it ends when Close stops it
	return out, nil
}

// httpAPI is one of the APIs over HTTP.
type httpAPI struct {
	property string
	address  Address
	routes   func(*http.ServeMux)
	url      *string // set to where it is
}

// sites are the APIs by what they listen on: those with one address share it.
func (s *Server) sites(out *Addresses) [][]httpAPI {
	apis := []httpAPI{
		{"inference_address", s.settings.Inference, s.inferenceRoutes, &out.Inference},
		{"management_address", s.settings.Management, s.managementRoutes, &out.Management},
	}
	if s.settings.MetricsAPI {
		apis = append(apis, httpAPI{"metrics_address", s.settings.Metrics, s.metricsRoutes, &out.Metrics})
	}
	var sites [][]httpAPI
	for _, a := range apis {
		at := slices.IndexFunc(sites, func(site []httpAPI) bool { return a.address.Port != 0 && site[0].address == a.address })
		if at < 0 {
			sites = append(sites, []httpAPI{a})
		} else {
			sites[at] = append(sites[at], a)
		}
	}
	return sites
}

func (s *Server) metricsRoutes(mux *http.ServeMux) { mux.Handle("GET /metrics", s.metrics) }

// serve begins to answer at one address and returns its URL.
func (s *Server) serve(a Address, pair *tls.Config, mux *http.ServeMux) (string, error) {
	l, err := net.Listen("tcp", a.listen())
	if err != nil {
		return "", err
	}
	scheme := "http"
	if a.TLS {
		scheme, l = "https", tls.NewListener(l, pair)
	}
	hs := &http.Server{
		Handler: s.observed(mux), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelDebug),
	}
	s.listeners.servers = append(s.listeners.servers, hs)
	s.listeners.running.Go(func() { _ = hs.Serve(l) }) // it ends when Close closes it
	return scheme + "://" + l.Addr().String(), nil
}

// certificate loads the key pair where an address has TLS.
func (s *Server) certificate() (*tls.Config, error) {
	t := s.settings
	if !t.Inference.TLS && !t.Management.TLS && !t.Metrics.TLS {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(t.CertificateFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("certificate_file, private_key_file: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// observed counts and logs answers, and sets what TorchServe sets in all of them.
func (s *Server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Request-Id", rand.Text())
		h.Set("Pragma", "no-cache")
		h.Set("Cache-Control", "no-cache; no-store, must-revalidate, private")
		h.Set("Expires", "Thu, 01 Jan 1970 00:00:00 UTC")
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		begun := s.options.Clock()
		defer func() {
			s.metrics.status(sw.status)
			s.options.Logger.Info("request", "method", r.Method, "path", r.URL.Path, "status", sw.status, "took", s.options.Clock().Sub(begun))
		}()
		next.ServeHTTP(sw, r)
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// close lets requests under way end within the drain time, then cuts them.
func (l *listeners) close(g *grpc.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	cut := context.AfterFunc(ctx, g.Stop)
	var draining sync.WaitGroup
	draining.Go(g.GracefulStop)
	errs := make([]error, len(l.servers))
	for i, hs := range l.servers {
		draining.Go(func() {
			if errs[i] = hs.Shutdown(ctx); errs[i] != nil {
				errs[i] = hs.Close()
			}
		})
	}
	draining.Wait()
	cut()
	l.running.Wait()
	return errors.Join(errs...)
}
