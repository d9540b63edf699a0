package main

import (
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream"
)

// setEngines reads the engines file; its errors name the line and the field.
func (c *config) setEngines(file string) error {
	if file == "" {
		return nil
	}
	engines, err := upstream.ReadConfig(file)
	if err != nil {
		return fmt.Errorf("--engines: %w", err)
	}
	c.options.Engines, err = engines.Open(c.options.Clock)
	if err != nil {
		return fmt.Errorf("--engines: %w", err)
	}
	return nil
}
