package mockserver

import (
	"bytes"
	"regexp"
)

const redacted = "REDACTED"

// The fields of JSON and form bodies that hold secrets, with their values.
var (
	secretJSON = regexp.MustCompile(`("(?:[A-Za-z0-9_]*_plaintext|string_value|bytes_value|token_value)"\s*:\s*)"(?:[^"\\]|\\.)*"?`)
	secretForm = regexp.MustCompile(`((?:^|&)(?:assertion|client_secret|refresh_token)=)[^&]*`)
)

// mayHoldSecret tells most bodies apart without a regular expression: each field that one of them finds has
// one of these parts.
func mayHoldSecret(b []byte) bool {
	for _, part := range [...]string{"_plaintext", "_value", "assertion=", "client_secret=", "refresh_token="} {
		if bytes.Contains(b, []byte(part)) {
			return true
		}
	}
	return false
}

// redactBody masks plaintext secrets in a body, parsable or not. A body without any is kept as it is.
func redactBody(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	if !mayHoldSecret(b) {
		return b
	}
	b = secretJSON.ReplaceAll(b, []byte(`$1"`+redacted+`"`))
	return secretForm.ReplaceAll(b, []byte(`${1}`+redacted))
}
