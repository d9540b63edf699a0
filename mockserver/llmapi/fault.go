package llmapi

import (
	"encoding/json"
	"fmt"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// fault is an error as TorchServe tells it: a status, the name of a Java class, a sentence.
type fault struct {
	status  int
	kind    string
	message string
}

func (f *fault) Error() string { return f.message }

// faultf makes a fault of a kind; the kind decides its status.
func faultf(kind, format string, args ...any) *fault {
	return &fault{status: statuses()[kind], kind: kind, message: fmt.Sprintf(format, args...)}
}

// The kinds of faults.
const (
	badRequest       = "BadRequestException"
	modelNotFound    = "ModelNotFoundException"
	versionNotFound  = "ModelVersionNotFoundException"
	resourceNotFound = "ResourceNotFoundException"
	notAllowed       = "MethodNotAllowedException"
	tooLarge         = "TooLongFrameException"
	requestTimeout   = "RequestTimeoutException"
	internalError    = "InternalServerException"
	unavailable      = "ServiceUnavailableException"
)

func statuses() map[string]int {
	return map[string]int{
		badRequest: http.StatusBadRequest, modelNotFound: http.StatusNotFound, versionNotFound: http.StatusNotFound,
		resourceNotFound: http.StatusNotFound, notAllowed: http.StatusMethodNotAllowed,
		tooLarge: http.StatusRequestEntityTooLarge, requestTimeout: http.StatusRequestTimeout, internalError: http.StatusInternalServerError,
		unavailable: http.StatusServiceUnavailable,
	}
}

// write answers with a fault over HTTP.
func (f *fault) write(w http.ResponseWriter) {
	w.Header().Set("Connection", "close") // as TorchServe does after every error
	writeJSON(w, f.status, struct {
		Code    int    `json:"code"`
		Type    string `json:"type"`
		Message string `json:"message"`
	}{f.status, f.kind, f.message})
}

// grpc is a fault as TorchServe sends it over gRPC: models that are not there are internal errors, and the class
// stands in the last line.
func (f *fault) grpc() error {
	code, class := codes.Internal, "org.pytorch.serve.http."
	switch f.kind {
	case badRequest:
		code = codes.InvalidArgument
	case modelNotFound, versionNotFound:
		class = "org.pytorch.serve.archive.model."
	case tooLarge:
		code = codes.ResourceExhausted
	}
	return status.Error(code, f.message+"\n"+class+f.kind)
}

// writeJSON answers as TorchServe does: indented, with a line's end.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // all that is written here can be
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client is gone
}
