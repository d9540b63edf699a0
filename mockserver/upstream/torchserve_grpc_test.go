package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/inference-iac/terraform-provider-inference/mockserver/internal/inferencepb"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// grpcPeer is a TorchServe over gRPC whose streams do what the test wants.
type grpcPeer struct {
	inferencepb.UnimplementedInferenceAPIsServiceServer
	health string
	stream func(*inferencepb.PredictionsRequest, grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error
}

func (p *grpcPeer) Ping(context.Context, *emptypb.Empty) (*inferencepb.TorchServeHealthResponse, error) {
	return &inferencepb.TorchServeHealthResponse{Health: fmt.Sprintf("{\n  \"status\": %q\n}", p.health)}, nil
}

func (p *grpcPeer) StreamPredictions(r *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
	return p.stream(r, out)
}

// serveGRPC starts a peer and returns it with its address; stop cuts its connections.
func serveGRPC(t *testing.T, p *grpcPeer, o ...grpc.ServerOption) (address string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(o...)
	inferencepb.RegisterInferenceAPIsServiceServer(s, p)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Stop()
		<-ended
	})
	return l.Addr().String(), s.Stop
}

// sending is a stream of pieces.
func sending(pieces ...string) func(*inferencepb.PredictionsRequest, grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
	return func(_ *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
		for _, p := range pieces {
			if err := out.Send(&inferencepb.PredictionResponse{Prediction: []byte(p)}); err != nil {
				return err
			}
		}
		return nil
	}
}

func grpcBackend(t *testing.T, url string, o upstream.Options) *upstream.TorchServe {
	t.Helper()
	b, err := upstream.NewTorchServe(upstream.TorchServeConfig{Name: "ts", BaseURL: url, Model: "llama2-7b-chat"}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// The marker, and a character, may be cut anywhere, over HTTP as over gRPC.
func TestMarkerCutAnywhere(t *testing.T) {
	const whole = "caf\u00e9 <|end of <|endoftext|>"
	var pieces []string
	peer := &grpcPeer{stream: func(r *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
		return sending(pieces...)(r, out)
	}}
	address, _ := serveGRPC(t, peer)
	overHTTP := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, p := range pieces {
			_, _ = w.Write([]byte(p))
			_ = http.NewResponseController(w).Flush()
		}
	}))
	defer overHTTP.Close()
	backends := map[string]*upstream.TorchServe{
		"grpc": grpcBackend(t, "grpc://"+address, local()),
		"http": grpcBackend(t, overHTTP.URL, local()),
	}
	cuts := [][]string{slices.Collect(func(yield func(string) bool) {
		for i := range len(whole) {
			if !yield(whole[i : i+1]) {
				return
			}
		}
	})}
	for i := range len(whole) + 1 {
		cuts = append(cuts, []string{whole[:i], whole[i:], "after the end"})
	}
	for _, pieces = range cuts {
		for name, b := range backends {
			for _, streaming := range []bool{true, false} {
				if text, err := ask(t.Context(), b, streaming, nil); err != nil || text != "caf\u00e9 <|end of " {
					t.Errorf("%s, streaming %v, cut as %q: %q, %v", name, streaming, pieces, text, err)
				}
			}
		}
	}
}

func TestGRPCRequests(t *testing.T) {
	var got *inferencepb.PredictionsRequest
	var key []string
	address, _ := serveGRPC(t, &grpcPeer{stream: func(r *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
		md, _ := metadata.FromIncomingContext(out.Context())
		got, key = r, md.Get("authorization")
		return grpcstatus.Error(codes.Unauthenticated, "who is sk-secret?")
	}})
	b, err := upstream.NewTorchServe(upstream.TorchServeConfig{Name: "ts", BaseURL: "grpc://" + address, Model: "m", Key: "env:KEY"}, local())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	_, err = b.Generate(t.Context(), upstream.Request{Prompt: "Hi", MaxTokens: 3, Temperature: 0.5, TopK: 4}, func(context.Context, string) (string, error) { return "sk-secret", nil })
	if !errors.Is(err, upstream.ErrRejected) || strings.Contains(err.Error(), "sk-secret") {
		t.Errorf("%v", err)
	}
	want := map[string][]byte{"text": []byte("Hi"), "max_new_tokens": []byte("3"), "do_sample": []byte("true"), "temperature": []byte("0.5"), "top_k": []byte("4")}
	if got.GetModelName() != "m" || fmt.Sprint(got.GetInput()) != fmt.Sprint(want) || !slices.Equal(key, []string{"Bearer sk-secret"}) {
		t.Errorf("%v, %q", got, key)
	}
	if _, err := b.Generate(t.Context(), upstream.Request{Prompt: "Hi"}, nil); !errors.Is(err, upstream.ErrKey) {
		t.Errorf("%v", err)
	}
}

func TestGRPCFaults(t *testing.T) {
	answer := func(code codes.Code, message string) func(*inferencepb.PredictionsRequest, grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
		return func(*inferencepb.PredictionsRequest, grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
			return grpcstatus.Error(code, message)
		}
	}
	for _, c := range []struct {
		name    string
		stream  func(*inferencepb.PredictionsRequest, grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error
		options upstream.Options
		text    string
		kind    error
		status  int
	}{
		{"no marker", sending("Spark is"), local(), "Spark is", upstream.ErrTruncated, 502},
		{"nothing", sending(), local(), "", upstream.ErrTruncated, 502},
		{"a stream that stalls", func(r *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
			_ = sending("a")(r, out)
			<-out.Context().Done()
			return nil
		}, impatient(), "a", upstream.ErrTimeout, 504},
		{"no answer", func(_ *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
			<-out.Context().Done()
			return nil
		}, impatient(), "", upstream.ErrTimeout, 504},
		{"a bad parameter", answer(codes.InvalidArgument, "top_k must be less"), local(), "", upstream.ErrRejected, 400},
		{"no such model", answer(codes.Internal, "Model not found: x\norg.pytorch.serve.archive.model.ModelNotFoundException"), local(), "", upstream.ErrRejected, 404},
		{"a request that it finds bad", answer(codes.Internal, "Parameter model_name is required.\nBadRequestException.()"), local(), "", upstream.ErrRejected, 400},
		{"a worker that dies", answer(codes.Internal, "Worker died.\norg.pytorch.serve.http.InternalServerException"), local(), "", upstream.ErrUnavailable, 502},
		{"too much", answer(codes.ResourceExhausted, "slow down"), local(), "", upstream.ErrLimited, 429},
		{"busy", answer(codes.Unavailable, "busy"), local(), "", upstream.ErrUnavailable, 503},
		{"slow inside", answer(codes.DeadlineExceeded, "late"), local(), "", upstream.ErrTimeout, 504},
		{"no streams", answer(codes.Unimplemented, "unary alone"), local(), "", upstream.ErrUnavailable, 502},
		{"fails in the middle", func(r *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
			_ = sending("a")(r, out)
			return grpcstatus.Error(codes.Internal, "Worker died.")
		}, local(), "a", upstream.ErrUnavailable, 502},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := serveGRPC(t, &grpcPeer{stream: c.stream})
			b := grpcBackend(t, "grpc://"+address, c.options)
			for _, streaming := range []bool{true, false} {
				begun := time.Now()
				text, err := ask(t.Context(), b, streaming, nil)
				var e *upstream.Error
				if want := map[bool]string{true: c.text}[streaming]; text != want || !errors.Is(err, c.kind) || !errors.As(err, &e) || e.HTTPStatus() != c.status || e.Upstream != "ts" || time.Since(begun) > 5*time.Second {
					t.Fatalf("streaming %v: %q, %v (%+v) after %v", streaming, text, err, e, time.Since(begun))
				}
				if strings.Contains(err.Error(), "org.pytorch") {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestGRPCConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	_ = listener.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	certified := httptest.NewUnstartedServer(http.NotFoundHandler())
	certified.StartTLS()
	defer certified.Close()
	peer := &grpcPeer{health: "Healthy", stream: sending("a<|endoftext|>")}
	secure, _ := serveGRPC(t, peer, grpc.Creds(credentials.NewServerTLSFromCert(&certified.TLS.Certificates[0])))
	plain, _ := serveGRPC(t, peer)
	trusting := local()
	trusting.RootCAs = certified.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	public := local()
	public.Policy = egress.Policy{}
	_, port, _ := net.SplitHostPort(plain)
	for _, c := range []struct {
		name, url string
		options   upstream.Options
		kind      error
	}{
		{"plain", "grpc://" + plain, local(), nil},
		{"trusted", "grpcs://" + secure, trusting, nil},
		{"refused", "grpc://" + closed, local(), upstream.ErrConnect},
		{"a certificate of nobody we know", "grpcs://" + secure, local(), upstream.ErrCertificate},
		{"a certificate for another name", "grpcs://" + strings.Replace(secure, "127.0.0.1", "localhost", 1), trusting, upstream.ErrCertificate},
		{"a handshake that hangs", "grpcs://" + mute.Addr().String(), impatient(), upstream.ErrTimeout},
		{"a name that leads here", "grpc://localhost:" + port, public, upstream.ErrForbidden},
	} {
		b := grpcBackend(t, c.url, c.options)
		begun := time.Now()
		if _, err := ask(t.Context(), b, true, nil); !errors.Is(err, c.kind) || time.Since(begun) > 5*time.Second {
			t.Errorf("%s: %v after %v", c.name, err, time.Since(begun))
		}
		if err := b.Ready(t.Context(), nil); (err == nil) != (c.kind == nil) || err != nil && !errors.Is(err, upstream.ErrNotReady) {
			t.Errorf("%s: ready %v", c.name, err)
		}
	}
	for _, url := range []string{"grpc://127.0.0.1:1", "grpc://169.254.169.254:7070", "grpc://0x7f000001:7070", "grpc://h/?a=b", "unix:///x"} {
		if _, err := upstream.NewTorchServe(upstream.TorchServeConfig{Name: "ts", BaseURL: url, Model: "m"}, upstream.Options{}); !errors.Is(err, upstream.ErrForbidden) {
			t.Errorf("%s: %v", url, err)
		}
	}
	peer.health = "Unhealthy"
	if err := grpcBackend(t, "grpc://"+plain, local()).Ready(t.Context(), nil); !errors.Is(err, upstream.ErrNotReady) || !strings.Contains(err.Error(), "Unhealthy") {
		t.Errorf("%v", err)
	}
}

// A client that goes takes its call with it; a connection that is lost ends the stream and is made anew.
func TestGRPCStreamsEnd(t *testing.T) {
	began, gone := make(chan struct{}, 8), make(chan struct{}, 8)
	peer := &grpcPeer{stream: func(r *inferencepb.PredictionsRequest, out grpc.ServerStreamingServer[inferencepb.PredictionResponse]) error {
		_ = sending("a")(r, out)
		began <- struct{}{}
		<-out.Context().Done()
		gone <- struct{}{}
		return out.Context().Err()
	}}
	address, stop := serveGRPC(t, peer)
	o := local()
	o.Breaker.Failures = -1
	b := grpcBackend(t, "grpc://"+address, o)
	for name, leave := range map[string]func(context.CancelFunc, *upstream.Stream){
		"cancels": func(cancel context.CancelFunc, _ *upstream.Stream) { cancel() },
		"closes":  func(_ context.CancelFunc, s *upstream.Stream) { s.Close() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		q := question
		q.Stream = true
		s, err := b.Generate(ctx, q, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := s.Next(ctx); err != nil || p.Text != "a" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		<-began
		leave(cancel, s)
		<-gone
		if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
	if text, err := ask(t.Context(), b, true, stop); text != "a" || !errors.Is(err, upstream.ErrUnavailable) {
		t.Errorf("the connection is lost: %q, %v", text, err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("somebody else took the port: %v", err)
	}
	again := grpc.NewServer()
	inferencepb.RegisterInferenceAPIsServiceServer(again, &grpcPeer{stream: sending("b<|endoftext|>")})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = again.Serve(l)
	}()
	defer func() {
		again.Stop()
		<-ended
	}()
	for begun := time.Now(); ; <-time.After(10 * time.Millisecond) { // gRPC waits a little before it connects again
		text, err := ask(t.Context(), b, true, nil)
		if err == nil && text == "b" {
			return
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("%q, %v", text, err)
		}
	}
}
