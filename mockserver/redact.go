package mockserver

import (
	"bytes"
	"net/http"
	"regexp"
)

const redacted = "REDACTED"

// The fields of JSON and form bodies that hold secrets, with their values.
var (
	secretJSON = regexp.MustCompile(`("(?:[A-Za-z0-9_]*_plaintext|string_value|bytes_value|token_value)"\s*:\s*)"(?:[^"\\]|\\.)*"?`)
	secretForm = regexp.MustCompile(`((?:^|&)(?:assertion|client_secret|refresh_token)=)[^&]*`)
)

// packHeader copies a header into one piece, without credentials.
func packHeader(h http.Header) []byte {
	size := 0
	for k, values := range h {
		for _, v := range values {
			size += len(k) + max(len(v), len(redacted)) + 2
		}
	}
	out := make([]byte, 0, size)
	for k, values := range h {
		secret := k == "Authorization" || k == "Proxy-Authorization" || k == "Cookie"
		for _, v := range values {
			if secret && v != "" {
				v = redacted
			}
			out = append(append(append(append(out, k...), '\n'), v...), '\n')
		}
	}
	return out
}

// unpackHeader reads what packHeader wrote: neither names nor values hold line feeds.
func unpackHeader(packed []byte) http.Header {
	h := http.Header{}
	for len(packed) > 0 {
		key, rest, _ := bytes.Cut(packed, []byte{'\n'})
		value, rest, _ := bytes.Cut(rest, []byte{'\n'})
		h[string(key)] = append(h[string(key)], string(value))
		packed = rest
	}
	return h
}

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
