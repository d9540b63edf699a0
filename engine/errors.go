package engine

import "errors"

// Errors of Submit, Embed and Stream.Next; compare with errors.Is.
var (
	// ErrInvalidRequest wraps a request that no engine could answer; the text names the field.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrTooLong means that the prompt leaves no room for one token in the model's context or the cache.
	ErrTooLong = errors.New("prompt is too long")
	// ErrClosed means that the engine was closed before the request finished.
	ErrClosed = errors.New("engine is closed")
)
