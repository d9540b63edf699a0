package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// setModels adds the named models and those of directories to the samples.
func (c *config) setModels(models, roots list) error {
	if len(models)+len(roots) > 0 {
		c.options.Models = mockserver.SampleModels()
	}
	for _, text := range models {
		m, err := parseModel(text)
		if err != nil {
			return fmt.Errorf("--model %q: %w", text, err)
		}
		c.options.Models = append(c.options.Models, m)
	}
	for _, root := range roots {
		found, err := mockserver.ScanModels(root)
		if err != nil {
			return fmt.Errorf("--models-dir: %w", err)
		}
		c.options.Models = append(c.options.Models, found...)
	}
	for _, m := range c.options.Models {
		if m.Reason != "" {
			c.notes = append(c.notes, fmt.Sprintf("%s version %s is not optimizable: %s", m.Name, m.Version, m.Reason))
		}
	}
	return nil
}

// parseModel reads name[=dir][,key=value]...; what the keys don't say is read from the directory.
func parseModel(text string) (mockserver.Model, error) {
	head, rest, _ := strings.Cut(text, ",")
	name, dir, hasDir := strings.Cut(head, "=")
	if name == "" {
		return mockserver.Model{}, errors.New("it has no name")
	}
	m := mockserver.Model{Version: "1", Type: "llama", Optimizable: true, Parameters: 8e9}
	if hasDir {
		var err error
		if m, err = mockserver.DescribeModel(dir); err != nil {
			return m, err
		}
	}
	m.Name = name
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, ",")
		if err := setModel(&m, pair); err != nil {
			return m, err
		}
	}
	return m, nil
}

func setModel(m *mockserver.Model, pair string) (err error) {
	key, value, _ := strings.Cut(pair, "=")
	switch key {
	case "version":
		m.Version = value
	case "type":
		m.Type = value
	case "task":
		m.Task = value
	case "parameters":
		m.Parameters, err = strconv.ParseInt(value, 10, 64)
	case "chunk":
		m.ChunkSize, err = strconv.ParseInt(value, 10, 64)
	case "optimizable":
		m.Optimizable, err = strconv.ParseBool(value)
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	return err
}
