package mockserver

import (
	"net/http"
	"regexp"
)

const redacted = "REDACTED"

// The fields of JSON and form bodies that hold secrets, with their values.
var (
	secretJSON = regexp.MustCompile(`("(?:[A-Za-z0-9_]*_plaintext|string_value|bytes_value|token_value)"\s*:\s*)"(?:[^"\\]|\\.)*"?`)
	secretForm = regexp.MustCompile(`((?:^|&)(?:assertion|client_secret|refresh_token)=)[^&]*`)
)

// redactHeader copies a header without credentials.
func redactHeader(h http.Header) http.Header {
	out := h.Clone()
	for _, k := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		if out.Get(k) != "" {
			out.Set(k, redacted)
		}
	}
	return out
}

// redactBody masks plaintext secrets in a body, parsable or not.
func redactBody(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	b = secretJSON.ReplaceAll(b, []byte(`$1"`+redacted+`"`))
	return secretForm.ReplaceAll(b, []byte(`${1}`+redacted))
}
