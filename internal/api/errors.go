package api

import "encoding/json"

// The error codes of the API; ErrorCode on the wire is one of these or a code of the server's own.
const (
	CodeBadRequest        = "BAD_REQUEST"
	CodeInvalidParameter  = "INVALID_PARAMETER_VALUE"
	CodeMalformedRequest  = "MALFORMED_REQUEST"
	CodeUnauthenticated   = "UNAUTHENTICATED"
	CodePermissionDenied  = "PERMISSION_DENIED"
	CodeNotFound          = "RESOURCE_DOES_NOT_EXIST"
	CodeEndpointNotFound  = "ENDPOINT_NOT_FOUND"
	CodeRouteNotFound     = "NOT_FOUND"
	CodeAlreadyExists     = "RESOURCE_ALREADY_EXISTS"
	CodeConflict          = "RESOURCE_CONFLICT"
	CodeLimitExceeded     = "REQUEST_LIMIT_EXCEEDED"
	CodeInternal          = "INTERNAL_ERROR"
	CodeUnavailable       = "TEMPORARILY_UNAVAILABLE"
	CodeDeadline          = "DEADLINE_EXCEEDED"
	CodeResourceExhausted = "RESOURCE_EXHAUSTED"
)

// ErrorBody is the body of every refusal. Details are google.rpc-style objects, each with an @type.
type ErrorBody struct {
	ErrorCode string            `json:"error_code"`
	Message   string            `json:"message"`
	Details   []json.RawMessage `json:"details,omitempty"`
}
