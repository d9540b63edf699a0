package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/inference-iac/terraform-provider-inference/mockserver/internal/inferencepb"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// The schemes of TorchServe's gRPC API, without and with TLS.
const (
	grpcScheme  = "grpc"
	grpcsScheme = "grpcs"
)

// grpcLink is a connection to TorchServe's gRPC API. It is made by the first call, and again by the next one after
// it was lost.
type grpcLink struct {
	conn   *grpc.ClientConn
	client inferencepb.InferenceAPIsServiceClient

	mu      sync.Mutex
	failure error // why the last attempt to connect failed; gRPC tells it as text only
}

func newGRPCLink(u *url.URL, o Options) (*grpcLink, error) {
	l := &grpcLink{}
	e := egress.Options{Policy: o.Policy, Connect: o.Timeouts.Connect, RootCAs: o.RootCAs}
	dialer := e.Dialer()
	transport := insecure.NewCredentials()
	if u.Scheme == grpcsScheme {
		transport = credentials.NewTLS(e.TLS())
	}
	port := u.Port()
	if port == "" {
		port = "7070"
	}
	var err error
	// The name goes to the dialer as it is, so that what is checked is what is dialled; no proxy, no settings from
	// a name server.
	l.conn, err = grpc.NewClient("passthrough:///"+net.JoinHostPort(u.Hostname(), port),
		grpc.WithTransportCredentials(notingCredentials{transport, l.note}),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, "tcp", address)
			l.note(err)
			return c, err
		}),
		grpc.WithNoProxy(), grpc.WithDisableServiceConfig(), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithConnectParams(grpc.ConnectParams{
			MinConnectTimeout: dialer.Timeout,
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 2, Jitter: 0.2, MaxDelay: time.Second},
		}),
	)
	if err != nil {
		return nil, err
	}
	l.client = inferencepb.NewInferenceAPIsServiceClient(l.conn)
	return l, nil
}

func (l *grpcLink) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = err
}

// notingCredentials remembers why a handshake failed.
type notingCredentials struct {
	credentials.TransportCredentials
	note func(error)
}

func (n notingCredentials) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := n.TransportCredentials.ClientHandshake(ctx, authority, raw)
	n.note(err)
	return c, info, err
}

func (n notingCredentials) Clone() credentials.TransportCredentials {
	return notingCredentials{n.TransportCredentials.Clone(), n.note}
}

// predict starts a stream and waits for its first piece, so that what is wrong with the request is known before
// anything is answered.
func (l *grpcLink) predict(ctx context.Context, r *inferencepb.PredictionsRequest) (io.ReadCloser, error) {
	stream, err := l.client.StreamPredictions(ctx, r)
	if err != nil {
		return nil, l.explain(err)
	}
	p := &predictionReader{link: l, stream: stream}
	first, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, l.explain(err)
	}
	p.rest = first.GetPrediction()
	return p, nil
}

// ping reads how the server is.
func (l *grpcLink) ping(ctx context.Context) (io.ReadCloser, error) {
	h, err := l.client.Ping(ctx, &emptypb.Empty{})
	if err != nil {
		return nil, l.explain(err)
	}
	return io.NopCloser(strings.NewReader(h.GetHealth())), nil
}

// predictionReader is a stream of predictions as bytes. The end of the call's context frees it.
type predictionReader struct {
	link   *grpcLink
	stream grpc.ServerStreamingClient[inferencepb.PredictionResponse]
	rest   []byte
}

func (p *predictionReader) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		piece, err := p.stream.Recv()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, p.link.explain(err)
		}
		p.rest = piece.GetPrediction()
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *predictionReader) Close() error { return nil }

// explain gives an error of gRPC its kind: by what the network said where there was no connection, else by the HTTP
// status that TorchServe's table gives for the code.
func (l *grpcLink) explain(err error) error {
	l.mu.Lock()
	failure := l.failure
	l.mu.Unlock()
	s := status.Convert(err)
	if failure != nil && s.Code() == codes.Unavailable {
		e := asError(failure)
		if errors.Is(e.Kind, ErrReset) {
			e.Kind = ErrConnect // nothing was sent
		}
		return e
	}
	message, class, _ := strings.Cut(s.Message(), "\n")
	code := httpStatus(s.Code())
	switch { // TorchServe calls these internal; the class says what they are
	case strings.Contains(class, "NotFoundException"):
		code = http.StatusNotFound
	case strings.Contains(class, "BadRequestException"):
		code = http.StatusBadRequest
	}
	e := &Error{Kind: kindOfStatus(code), Status: code, Message: bounded(message)}
	if code == http.StatusGatewayTimeout {
		e.Kind = ErrTimeout
	}
	return e
}

// httpStatus turns TorchServe's table of codes around.
func httpStatus(c codes.Code) int {
	table := map[codes.Code]int{
		codes.InvalidArgument: http.StatusBadRequest, codes.Unauthenticated: http.StatusUnauthorized,
		codes.PermissionDenied: http.StatusForbidden, codes.NotFound: http.StatusNotFound, codes.Aborted: http.StatusConflict,
		codes.ResourceExhausted: http.StatusTooManyRequests, codes.OutOfRange: http.StatusRequestedRangeNotSatisfiable,
		codes.FailedPrecondition: http.StatusBadRequest, codes.DeadlineExceeded: http.StatusGatewayTimeout,
		codes.Unimplemented: http.StatusNotImplemented, codes.Unavailable: http.StatusServiceUnavailable,
	}
	if code, ok := table[c]; ok {
		return code
	}
	return http.StatusInternalServerError
}

// grpcCall makes a call over the link; the key goes as a bearer token in the metadata.
func (t *TorchServe) grpcCall(keys KeyFunc, begin func(context.Context) (io.ReadCloser, error)) call {
	return call{open: func(ctx context.Context) (io.ReadCloser, secrets, error) {
		var used secrets
		if t.config.Key != "" {
			k := &keyring{ctx: ctx, keys: keys}
			key, err := k.get(t.config.Key)
			if err != nil {
				return nil, nil, err
			}
			used = k.used
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
		}
		body, err := begin(ctx)
		return body, used, err
	}}
}

// grpcInput is the form as gRPC has it.
func (t *TorchServe) grpcInput(r Request) *inferencepb.PredictionsRequest {
	in := map[string][]byte{}
	for name, values := range form(r) {
		in[name] = []byte(values[0])
	}
	return &inferencepb.PredictionsRequest{ModelName: t.config.Model, Input: in}
}

// checkHealth refuses a ping that was answered with bad news.
func checkHealth(body []byte) error {
	h, err := decodeJSON[struct{ Status string }](body)
	if err == nil && strings.EqualFold(h.Status, "unhealthy") {
		err = &Error{Kind: ErrNotReady, Message: "it says " + h.Status}
	}
	return err
}
