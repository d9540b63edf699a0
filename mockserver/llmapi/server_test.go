package llmapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/inference-iac/terraform-provider-inference/mockserver/internal/inferencepb"
)

// anywhere is a configuration on free ports of this machine.
const anywhere = `inference_address=http://127.0.0.1:0
management_address=http://127.0.0.1:0
metrics_address=http://127.0.0.1:0
grpc_inference_port=0
`

// listen serves a configuration from the engine.
func listen(t *testing.T, properties string, variables ...string) Addresses {
	t.Helper()
	settings, err := from(anywhere+properties, variables...).Read()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(settings, Options{Random: func() uint64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func do(t *testing.T, method, url, contentType, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestAnswersFromTheEngine(t *testing.T) {
	a := listen(t, `models={"m":{"1.0":{},"2.0":{"defaultVersion":true,"batchSize":4,"maxBatchDelay":1}}}`)
	answers := map[string]bool{}
	for _, c := range []struct{ path, contentType, body string }{
		{"/predictions/m", formType, "text=Hello&max_new_tokens=12"},
		{"/predictions/m/1.0", jsonType, `{"text":"Hello","max_new_tokens":12}`},
		{"/predictions/m/2.0", jsonType, `{"text":"Hello","max_new_tokens":"12","do_sample":false,"temperature":2}`},
	} {
		code, text := do(t, "POST", a.Inference+c.path, c.contentType, c.body)
		if code != http.StatusOK || !strings.HasSuffix(text, "<|endoftext|>") || len(text) < 20 {
			t.Errorf("%s: %d %q", c.path, code, text)
		}
		answers[text] = true
	}
	if len(answers) != 1 {
		t.Errorf("greedy answers differ: %v", answers)
	}
	sampled := "text=Hello&max_new_tokens=12&do_sample=true&temperature=1.9&seed="
	_, one := do(t, "POST", a.Inference+"/predictions/m", formType, sampled+"1")
	_, again := do(t, "POST", a.Inference+"/predictions/m", formType, sampled+"1")
	_, other := do(t, "POST", a.Inference+"/predictions/m", formType, sampled+"2")
	if one != again || one == other {
		t.Errorf("seeds: %q, %q, %q", one, again, other)
	}
}

func TestEmbeddingsReachTheEngine(t *testing.T) {
	a := listen(t, "", "MODEL_NAME=m")
	rows := make([][]float32, 3)
	for i := range rows {
		rows[i] = make([]float32, 96)
		rows[i][i] = 0.5
	}
	body, err := json.Marshal(map[string]any{"inputs_embeds": rows, "max_new_tokens": 8})
	if err != nil {
		t.Fatal(err)
	}
	code, text := do(t, "POST", a.Inference+"/predictions/m", jsonType, string(body))
	form := url.Values{"max_new_tokens": {"8"}}
	for _, row := range rows {
		for _, v := range row {
			form.Add("inputs_embeds", fmt.Sprint(v))
		}
	}
	if again, same := do(t, "POST", a.Inference+"/predictions/m", formType, form.Encode()); code != 200 || again != 200 || text != same || !strings.HasSuffix(text, "<|endoftext|>") {
		t.Errorf("%d %q, %d %q", code, text, again, same)
	}
	if code, text := do(t, "POST", a.Inference+"/predictions/m", jsonType, `{"inputs_embeds":[[1,2]]}`); code != 400 || !strings.Contains(text, "inputs_embeds [0] has 2 values, the model's hidden size is 96") {
		t.Errorf("%d %s", code, text)
	}
}

func TestHTTPErrors(t *testing.T) {
	a := listen(t, "max_request_size=100\nmax_response_size=30", "MODEL_NAME=m", "MAX_INPUT_TOKENS=4", "MAX_NEW_TOKENS=9", "END_OF_STREAM_TOKEN=</s>")
	for _, c := range []struct {
		method, url, body string
		code              int
		kind, part        string
	}{
		{"POST", a.Inference + "/predictions/x", "text=a", 404, modelNotFound, "Model not found: x"},
		{"POST", a.Inference + "/predictions/m/3.0", "text=a", 404, versionNotFound, "Model version: 3.0 does not exist for model: m"},
		{"POST", a.Inference + "/nothing", "text=a", 404, resourceNotFound, "Requested resource is not found"},
		{"GET", a.Inference + "/predictions/m", "", 405, notAllowed, "Requested method is not allowed"},
		{"POST", a.Inference + "/predictions/m", "text=" + strings.Repeat("a", 96), 413, tooLarge, "max_request_size (100 bytes)"},
		{"POST", a.Inference + "/predictions/m", "text=" + strings.Repeat("word+", 15), 400, badRequest, "at most 4 are allowed"},
		{"POST", a.Inference + "/predictions/m", "text=a&max_new_tokens=10", 400, badRequest, "max_new_tokens must be a whole number from 1 to 9"},
		{"POST", a.Management + "/models", "url=x.mar", 405, notAllowed, "Requested method is not allowed"},
		{"DELETE", a.Management + "/models/m", "", 405, notAllowed, "Requested method is not allowed"},
		{"GET", a.Management + "/models/x", "", 404, modelNotFound, "Model not found: x"},
		{"GET", a.Management + "/models/x/all", "", 404, modelNotFound, "Model not found: x"},
		{"PUT", a.Management + "/models/x?min_worker=1", "", 404, modelNotFound, "Model not found: x"},
		{"PUT", a.Management + "/models/m?min_worker=2&max_worker=1", "", 400, badRequest, "max_worker cannot be less than min_worker."},
		{"PUT", a.Management + "/models/m?max_worker=100000", "", 400, badRequest, "from 0 to 1024"},
		{"PUT", a.Management + "/models/m/3.0/set-default", "", 404, versionNotFound, "Model version: 3.0"},
	} {
		code, body := do(t, c.method, c.url, formType, c.body)
		var got struct {
			Code          int
			Type, Message string
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || code != c.code || got.Code != code || got.Type != c.kind || !strings.Contains(got.Message, c.part) {
			t.Errorf("%s %s: %d %s, want %d %q", c.method, c.url, code, body, c.code, c.part)
		}
	}
	code, text := do(t, "POST", a.Inference+"/predictions/m", formType, "text=a&max_new_tokens=1")
	if code != 200 || !strings.HasSuffix(text, "</s>") {
		t.Errorf("%d %q", code, text)
	}
}

// A text that grows too long once its beginning is sent is cut, so that nobody takes it for complete.
// A body that does not come is not waited for, and one that came in time may be thought about for longer.
func TestSlowBody(t *testing.T) {
	f := &fakeModel{pieces: []string{"a"}, delay: 300 * time.Millisecond}
	s := openFake(t, f, ModelSettings{}, nil)
	s.options.ReadTimeout = 200 * time.Millisecond
	mux := http.NewServeMux()
	s.inferenceRoutes(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	body, write := io.Pipe()
	defer func() { _ = write.Close() }()
	go func() { _, _ = io.WriteString(write, "text=") }()
	resp, err := http.Post(server.URL+"/predictions/m", formType, body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d", resp.StatusCode)
	}
	if status, text := do(t, http.MethodPost, server.URL+"/predictions/m", formType, "text=x"); status != http.StatusOK || text != "a<|endoftext|>" {
		t.Errorf("%d %s", status, text)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestLongAnswersAreCut(t *testing.T) {
	a := listen(t, "max_response_size=30", "MODEL_NAME=m")
	resp, err := http.Post(a.Inference+"/predictions/m", formType, strings.NewReader("text=Hello&max_new_tokens=100"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(text) == 0 || len(text) > 30 {
		t.Errorf("%q, %v", text, err)
	}
}

func TestManagement(t *testing.T) {
	a := listen(t, `default_response_timeout=7
models={"a":{"1.0":{"batchSize":2,"maxBatchDelay":50,"minWorkers":2,"maxWorkers":4},"2.0":{"defaultVersion":true}},"b":{"1.0":{}}}`)
	get := func(path string, to any) {
		t.Helper()
		if code, body := do(t, "GET", a.Management+path, "", ""); code != 200 || json.Unmarshal([]byte(body), to) != nil {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	var page modelList
	get("/models?limit=1", &page)
	if page.NextPageToken != "1" || len(page.Models) != 1 || page.Models[0].ModelName != "a" {
		t.Errorf("%+v", page)
	}
	page = modelList{}
	get("/models?limit=1&next_page_token=1", &page)
	if page.NextPageToken != "" || len(page.Models) != 1 || page.Models[0].ModelName != "b" {
		t.Errorf("%+v", page)
	}
	var described []modelDescription
	get("/models/a/1.0", &described)
	d := described[0]
	if d.BatchSize != 2 || d.MaxBatchDelay != 50 || d.ResponseTimeout != 7 || d.MinWorkers != 2 || d.MaxWorkers != 4 || len(d.Workers) != 2 || d.Workers[0].Status != "READY" || d.Workers[0].ID == d.Workers[1].ID || d.JobQueueStatus.RemainingCapacity != 100 {
		t.Errorf("%+v", d)
	}
	get("/models/a", &described)
	if described[0].ModelVersion != "2.0" {
		t.Errorf("%+v", described)
	}
	get("/models/a/all", &described)
	if len(described) != 2 || described[0].ModelVersion != "1.0" {
		t.Errorf("%+v", described)
	}
	for _, c := range []struct {
		path, part string
		code       int
	}{
		{"/models/a?min_worker=3", "Processing worker updates...", 202},
		{"/models/a/1.0?min_worker=1&synchronous=true", "Workers scaled to 1 for model: a, version: 1.0", 200},
		{"/models/a/1.0/set-default", "Default version successfully updated", 200},
	} {
		if code, body := do(t, "PUT", a.Management+c.path, "", ""); code != c.code || !strings.Contains(body, c.part) {
			t.Errorf("%s: %d %s", c.path, code, body)
		}
	}
	get("/models/a", &described)
	if described[0].ModelVersion != "1.0" || len(described[0].Workers) != 1 {
		t.Errorf("%+v", described)
	}
	get("/models/a/2.0", &described)
	if len(described[0].Workers) != 3 {
		t.Errorf("%+v", described)
	}
}

func TestHealthAndMetrics(t *testing.T) {
	a := listen(t, "", "MODEL_NAME=m")
	_, before := do(t, "GET", a.Metrics+"/metrics", "", "")
	if strings.Contains(before, "ts_inference_requests_total{") {
		t.Errorf("%s", before)
	}
	for range 2 {
		do(t, "POST", a.Inference+"/predictions/m/1.0", formType, "text=a&max_new_tokens=1")
	}
	do(t, "POST", a.Inference+"/predictions/m", formType, "text=a&bad=1")
	_, text := do(t, "GET", a.Metrics+"/metrics", "", "")
	for _, line := range []string{
		"# TYPE ts_inference_requests_total counter\n",
		`ts_inference_requests_total{model_name="m",model_version="1.0",hostname=`,
		`ts_inference_requests_total{model_name="m",model_version="default",hostname=`,
		`ts_inference_latency_microseconds{model_name="m",model_version="1.0",hostname=`,
		`ts_queue_latency_microseconds{model_name="m",model_version="1.0",hostname=`,
		`Requests4XX{Level="Host",Hostname=`, `QueueTime{Level="Host",Hostname=`, `PredictionTime{ModelName="m",`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("%s is not in\n%s", line, text)
		}
	}
	if _, some := do(t, "GET", a.Metrics+"/metrics?name[]=Requests4XX", "", ""); strings.Contains(some, "ts_") || !strings.Contains(some, "Requests4XX{") {
		t.Errorf("%s", some)
	}
	if code, body := do(t, "GET", a.Inference+"/ping", "", ""); code != 200 || !strings.Contains(body, `"Healthy"`) {
		t.Errorf("%d %s", code, body)
	}
	do(t, "PUT", a.Management+"/models/m?min_worker=0", "", "")
	if code, body := do(t, "GET", a.Inference+"/ping", "", ""); code != 500 || !strings.Contains(body, `"Unhealthy"`) {
		t.Errorf("%d %s", code, body)
	}
}

// One address may have all three APIs; the metrics API may be off.
func TestAddresses(t *testing.T) {
	settings, err := from(anywhere+"enable_metrics_api=false", "MODEL_NAME=m").Read()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(settings, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var out Addresses
	if sites := s.sites(&out); len(sites) != 2 {
		t.Errorf("%d sites on free ports, without metrics", len(sites))
	}
	s.settings.Inference.Port, s.settings.Management.Port = 8080, 8080
	if sites := s.sites(&out); len(sites) != 1 || len(sites[0]) != 2 {
		t.Errorf("one address makes %d sites", len(sites))
	}
}

func TestOpenErrors(t *testing.T) {
	settings, err := from("", "MODEL_NAME=m", "MODEL_PATH=testdata").Read()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(settings, Options{}); err == nil || !strings.Contains(err.Error(), "model m: ") {
		t.Errorf("%v", err)
	}
}

// dial connects to the gRPC API.
func dial(t *testing.T, address string) inferencepb.InferenceAPIsServiceClient {
	t.Helper()
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return inferencepb.NewInferenceAPIsServiceClient(c)
}

func TestGRPC(t *testing.T) {
	a := listen(t, "max_request_size=1000", "MODEL_NAME=m")
	c := dial(t, a.GRPC)
	collect := func(ctx context.Context, r *inferencepb.PredictionsRequest) (text string, messages int, err error) {
		stream, err := c.StreamPredictions(ctx, r)
		for err == nil {
			var piece *inferencepb.PredictionResponse
			if piece, err = stream.Recv(); err == nil {
				text, messages = text+string(piece.GetPrediction()), messages+1
			}
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return text, messages, err
	}
	request := func(model, version string, fields ...string) *inferencepb.PredictionsRequest {
		r := &inferencepb.PredictionsRequest{ModelName: model, ModelVersion: version, Input: map[string][]byte{}}
		for i := 0; i < len(fields); i += 2 {
			r.Input[fields[i]] = []byte(fields[i+1])
		}
		return r
	}
	_, overHTTP := do(t, "POST", a.Inference+"/predictions/m", formType, "text=Hello&max_new_tokens=12")
	text, messages, err := collect(t.Context(), request("m", "", "text", "Hello", "max_new_tokens", "12"))
	if err != nil || text != overHTTP || messages < 3 {
		t.Errorf("%q in %d messages, %v, want %q", text, messages, err, overHTTP)
	}
	for _, x := range []struct {
		request *inferencepb.PredictionsRequest
		code    codes.Code
		part    string
	}{
		{request("", "", "text", "a"), codes.Internal, "Parameter model_name is required."},
		{request("x", "", "text", "a"), codes.Internal, "Model not found: x\norg.pytorch.serve.archive.model.ModelNotFoundException"},
		{request("m", "9", "text", "a"), codes.Internal, "Model version: 9 does not exist"},
		{request("m", ""), codes.InvalidArgument, "exactly one of text and inputs_embeds"},
		{request("m", "", "text", "a", "x", "1"), codes.InvalidArgument, "x is not a field"},
		{request("m", "", "text", strings.Repeat("a", 2000)), codes.ResourceExhausted, "larger than max"},
	} {
		if _, _, err := collect(t.Context(), x.request); status.Code(err) != x.code || !strings.Contains(err.Error(), x.part) {
			t.Errorf("%v: %v, want %v %q", x.request, err, x.code, x.part)
		}
	}
	if _, err := c.Predictions(t.Context(), request("m", "", "text", "a")); status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "call StreamPredictions") {
		t.Errorf("%v", err)
	}
	bidi, err := c.StreamPredictions2(t.Context())
	if err == nil {
		_, err = bidi.Recv()
	}
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("%v", err)
	}
	if h, err := c.Ping(t.Context(), &emptypb.Empty{}); err != nil || !strings.Contains(h.GetHealth(), `"status": "Healthy"`) {
		t.Errorf("%v, %v", h, err)
	}
}
