package main

import (
	"fmt"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// secret is what a flag puts into the workspace of the printed token.
type secret struct{ scope, key, value string }

// setSecrets looks the values up. A flag that is no reference is not repeated: it may hold the value.
func (c *config) setSecrets(flags list) error {
	for i, text := range flags {
		place, reference, _ := strings.Cut(text, "=")
		scope, key, _ := strings.Cut(place, "/")
		if scope == "" || key == "" || !strings.HasPrefix(reference, "env:") && !strings.HasPrefix(reference, "file:") {
			return fmt.Errorf("--secret %d must be scope/key=env:NAME or scope/key=file:PATH, never the value itself", i+1)
		}
		value, err := upstream.LookupKey(reference)
		if err != nil {
			return fmt.Errorf("--secret %s: %w", place, err)
		}
		if value = strings.TrimSpace(value); value == "" {
			return fmt.Errorf("--secret %s: %s is empty", place, reference)
		}
		c.secrets = append(c.secrets, secret{scope, key, value})
	}
	return nil
}
