package upstream

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// secrets are the keys that a call sends. They live as long as the call.
type secrets []string

// scrub takes every secret out of what an error says: some providers repeat the key that they refuse.
func (s secrets) scrub(e *Error) {
	e.Message = s.without(e.Message)
	if e.Err != nil && s.without(e.Err.Error()) != e.Err.Error() {
		e.Message, e.Err = s.without(e.Err.Error()), nil
	}
}

func (s secrets) without(text string) string {
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return text
}

// keyring looks up the keys of one call and remembers them for scrubbing.
type keyring struct {
	ctx  context.Context
	keys KeyFunc
	used secrets
}

func (k *keyring) get(name string) (string, error) {
	if k.keys == nil {
		return "", &Error{Kind: ErrKey, Message: "nobody knows the keys"}
	}
	v, err := k.keys(k.ctx, name)
	if err != nil {
		return "", &Error{Kind: ErrKey, Err: err}
	}
	if v = strings.TrimSpace(v); v == "" {
		return "", &Error{Kind: ErrKey, Err: errors.New(name + " is empty")}
	}
	if strings.ContainsAny(v, "\r\n") && !strings.HasPrefix(v, "{") && !strings.HasPrefix(v, "-----") {
		return "", &Error{Kind: ErrKey, Err: errors.New(name + " has more than one line")}
	}
	k.used = append(k.used, v)
	return v, nil
}

// bearer authorizes by a key in the Authorization header.
func (k *keyring) bearer(req *http.Request, name string) error {
	key, err := k.get(name)
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	return err
}
