package mockserver

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// refusal is the one error type that reaches the wire: a status, a code of the API and a message that names
// the field, the endpoint or the route.
type refusal struct {
	status     int
	code       string
	message    string
	retryAfter time.Duration
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func refuse(status int, code, format string, args ...any) error {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// invalid refuses the value of one field; the message starts with the field's path.
func invalid(field, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	if field != "" {
		message = field + " " + message
	}
	return refuse(http.StatusBadRequest, api.CodeInvalidParameter, "%s", message)
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, api.CodeBadRequest, format, args...)
}

func noEndpoint(name string) error {
	return refuse(http.StatusNotFound, api.CodeNotFound, "Endpoint with name '%s' does not exist.", name)
}

// asRefusal turns any error into what the wire shows; errors that nobody foresaw are 500.
func asRefusal(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	return &refusal{status: http.StatusInternalServerError, code: api.CodeInternal, message: err.Error()}
}
