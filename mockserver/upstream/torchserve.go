package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

// endOfStream is what LLM-API ends every text with, unless END_OF_STREAM_TOKEN says otherwise.
const endOfStream = "<|endoftext|>"

// TorchServeConfig says where a TorchServe with LLM-API is.
type TorchServeConfig struct {
	Name          string // for errors
	BaseURL       string // of the inference API, port 8080, or grpc://host:7070, grpcs:// with TLS
	ManagementURL string // of the management API, port 8081; empty: a ping of the inference API says whether it is ready
	Model         string
	EndOfStream   string // default <|endoftext|>
	Key           string // what KeyFunc is asked for; empty: it wants none
}

// TorchServe answers through LLM-API: one prompt in a form, the text in chunks up to the end-of-stream marker,
// whether one waits for the whole or reads as it comes.
type TorchServe struct {
	config     TorchServeConfig
	base       string
	management string
	grpc       *grpcLink // nil: the inference API is spoken over HTTP
	caller     *caller
}

// NewTorchServe checks the configuration and returns the server; it calls nobody.
func NewTorchServe(c TorchServeConfig, o Options) (*TorchServe, error) {
	if c.EndOfStream == "" {
		c.EndOfStream = endOfStream
	}
	base, err := o.Policy.ParseURL(c.BaseURL, grpcScheme, grpcsScheme)
	if err != nil {
		return nil, err
	}
	t := &TorchServe{config: c, base: rootURL(base), caller: newCaller(c.Name, o)}
	if base.Scheme == grpcScheme || base.Scheme == grpcsScheme {
		if t.grpc, err = newGRPCLink(base, o); err != nil {
			return nil, err
		}
	}
	if c.ManagementURL != "" {
		management, err := o.Policy.ParseURL(c.ManagementURL)
		if err != nil {
			t.Close()
			return nil, err
		}
		t.management = rootURL(management)
	}
	return t, nil
}

// Generate asks for one text. Usage stays zero, and a text that its bound ended says stop: LLM-API tells neither.
func (t *TorchServe) Generate(ctx context.Context, r Request, keys KeyFunc) (*Stream, error) {
	r, err := features{topK: true, noStop: true}.fit(r)
	if err != nil {
		return nil, named(err, t.config.Name)
	}
	x := call{
		method: http.MethodPost, url: t.base + "/predictions/" + escape(t.config.Model),
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: []byte(form(r).Encode()),
		authorize: bearerIf(ctx, t.config.Key, keys),
	}
	if t.grpc != nil {
		x = t.grpcCall(keys, func(ctx context.Context) (io.ReadCloser, error) { return t.grpc.predict(ctx, t.grpcInput(r)) })
	}
	x.stream = r.Stream
	return t.caller.generate(ctx, x, t.codec(), r)
}

// form holds the prompt and the generation parameters under the names of Hugging Face's generate.
func form(r Request) url.Values {
	f := url.Values{"text": {r.text()}, "do_sample": {strconv.FormatBool(r.Temperature > 0)}}
	if r.MaxTokens > 0 {
		f.Set("max_new_tokens", strconv.Itoa(r.MaxTokens))
	}
	if r.Temperature > 0 {
		f.Set("temperature", strconv.FormatFloat(r.Temperature, 'g', -1, 64))
	}
	if p := r.nucleus(); p != nil {
		f.Set("top_p", strconv.FormatFloat(*p, 'g', -1, 64))
	}
	if r.TopK > 0 {
		f.Set("top_k", strconv.Itoa(r.TopK))
	}
	return f
}

// text is the request as one prompt; LLM-API knows no turns.
func (r Request) text() string {
	if len(r.Messages) == 0 {
		return r.Prompt
	}
	var b strings.Builder
	for _, m := range r.Messages {
		fmt.Fprintf(&b, "%s: %s\n", m.Role, m.Content)
	}
	return b.String() + "assistant:"
}

func (t *TorchServe) codec() codec {
	return codec{
		decode: func(body []byte, out *result) error {
			text, _, found := strings.Cut(string(body), t.config.EndOfStream)
			if !found {
				return io.ErrUnexpectedEOF
			}
			return out.add(Piece{Text: text, Finish: "stop"})
		},
		frames: func(in io.Reader) wire.Frames { return wire.NewMarker(in, t.config.EndOfStream) },
		event: func(f wire.Frame, out *result) error {
			out.done = f.Name == wire.MarkerFrame
			return out.add(Piece{Text: string(f.Data)})
		},
	}
}

// Embed is not supported: LLM-API generates text only.
func (t *TorchServe) Embed(context.Context, []string, KeyFunc) (Embeddings, error) {
	return Embeddings{}, &Error{Upstream: t.config.Name, Kind: ErrUnsupported, Message: "it has no embeddings"}
}

// Ready asks the management API for a worker of the model that is ready.
func (t *TorchServe) Ready(ctx context.Context, keys KeyFunc) error {
	if t.management == "" {
		x := t.probe(ctx, t.base+"/ping", keys)
		if t.grpc != nil {
			x = t.grpcCall(keys, t.grpc.ping)
			x.probe = true
		}
		if err := t.caller.plain(ctx, x, checkHealth); err != nil {
			return &Error{Upstream: t.config.Name, Kind: ErrNotReady, Message: "the server is not healthy: " + err.Error(), Err: err}
		}
		return nil
	}
	var states []string
	err := t.caller.plain(ctx, t.probe(ctx, t.management+"/models/"+escape(t.config.Model), keys), func(body []byte) error {
		versions, err := decodeJSON[[]struct {
			Workers []struct {
				Status string `json:"status"`
			} `json:"workers"`
		}](body)
		for _, v := range versions {
			for _, w := range v.Workers {
				states = append(states, w.Status)
			}
		}
		return err
	})
	if err != nil {
		return &Error{Upstream: t.config.Name, Kind: ErrNotReady, Message: "the model is not registered: " + err.Error(), Err: err}
	}
	for _, s := range states {
		if s == "READY" {
			return nil
		}
	}
	return &Error{Upstream: t.config.Name, Kind: ErrNotReady, Message: fmt.Sprintf("no worker of the model is ready: %q", states)}
}

// Close gives idle connections back.
func (t *TorchServe) Close() {
	t.caller.close()
	if t.grpc != nil {
		_ = t.grpc.conn.Close() // it can only say that it was closed before
	}
}

func (t *TorchServe) probe(ctx context.Context, url string, keys KeyFunc) call {
	return call{method: http.MethodGet, url: url, probe: true, authorize: bearerIf(ctx, t.config.Key, keys)}
}
