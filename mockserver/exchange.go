package mockserver

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// exchange is one request on its way through the server, without HTTP.
type exchange struct {
	ctx    context.Context
	tenant *workspace
	caller
	vars  map[string]string // of the route's path, unescaped
	query url.Values
	body  []byte
	host  string // that the client called
	tls   bool
	now   time.Time
	route string
	seq   int // of the recorder
	routing

	basicPassword string // of the token route's basic authorization
}

// base is the scheme and the host that the client called.
func (x *exchange) base() string {
	if x.tls {
		return "https://" + x.host
	}
	return "http://" + x.host
}

// action answers an exchange.
type action func(s *Server, x *exchange) (response, error)

// response writes itself.
type response interface {
	write(w http.ResponseWriter) error
}

// jsonResponse is a 200 with a JSON body.
type jsonResponse struct {
	value  any
	header map[string]string
}

func (j jsonResponse) write(w http.ResponseWriter) error {
	b, err := json.Marshal(j.value)
	if err != nil {
		return err
	}
	for k, v := range j.header {
		w.Header().Set(k, v)
	}
	return writeBody(w, "application/json", http.StatusOK, b)
}

// textResponse is a 200 with a body of another type.
type textResponse struct{ contentType, body string }

func (t textResponse) write(w http.ResponseWriter) error {
	return writeBody(w, t.contentType, http.StatusOK, []byte(t.body))
}

func writeBody(w http.ResponseWriter, contentType string, status int, b []byte) error {
	values := []string{contentType, strconv.Itoa(len(b))} // in one piece
	h := w.Header()
	h["Content-Type"], h["Content-Length"] = values[:1:1], values[1:]
	w.WriteHeader(status)
	_, err := w.Write(b)
	return err
}

// nothing is the answer {}: mlflow's client parses what DELETE answers.
type nothing struct{}

// taking adapts a service method with a request body.
func taking[Req, Resp any](f func(*Server, *exchange, Req) (Resp, error)) action {
	return func(s *Server, x *exchange) (response, error) {
		req, err := decode[Req](x.body)
		if err != nil {
			return nil, err
		}
		resp, err := f(s, x, req)
		if err != nil {
			return nil, err
		}
		return asResponse(resp), nil
	}
}

// asking adapts a service method without one.
func asking[Resp any](f func(*Server, *exchange) (Resp, error)) action {
	return func(s *Server, x *exchange) (response, error) {
		resp, err := f(s, x)
		if err != nil {
			return nil, err
		}
		return asResponse(resp), nil
	}
}

func asResponse(v any) response {
	if r, ok := v.(response); ok {
		return r
	}
	return jsonResponse{value: v}
}

// errorShape is how a route writes its errors.
type errorShape int

const (
	shapeAPI    errorShape = iota
	shapeOpenAI            // the API's and that of OpenAI's clients at once
	shapeOAuth             // RFC 6749
)

// errorBody is an error in the shapes of this API and of OpenAI's clients.
type errorBody struct {
	api.ErrorBody
	OpenAI *openAIError `json:"error,omitempty"`
}

type openAIError struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    string `json:"code"`
}

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func (r *refusal) body(shape errorShape) any {
	body := errorBody{ErrorBody: api.ErrorBody{ErrorCode: r.code, Message: r.message}}
	switch {
	case shape == shapeOAuth && r.status == http.StatusUnauthorized:
		return oauthError{"invalid_client", r.message}
	case shape == shapeOAuth:
		return oauthError{"invalid_request", r.message}
	case shape == shapeOpenAI && r.status >= http.StatusInternalServerError:
		body.OpenAI = &openAIError{r.message, "server_error", r.code}
	case shape == shapeOpenAI:
		body.OpenAI = &openAIError{r.message, "invalid_request_error", r.code}
	}
	return body
}

// write answers with the refusal.
func (r *refusal) write(w http.ResponseWriter, shape errorShape) error {
	b, err := json.Marshal(r.body(shape))
	if err != nil {
		return err
	}
	if r.retryAfter > 0 {
		seconds := (r.retryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return writeBody(w, "application/json", r.status, b)
}
