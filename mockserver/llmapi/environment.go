package llmapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// GenerationSettings holds for every request, whatever model it asks.
type GenerationSettings struct {
	MaxInput, MaxNew int
	EndOfStream      string // ends every text
	Format           string // of the weights: bf16, f32, int8, or empty for that of the checkpoint
}

// environment is what LLM-API's variables say of the model.
type environment struct{ model, path string }

// readEnvironment reads LLM-API's own variables. A variable that is empty counts as one that is not set.
func readEnvironment(lookup func(string) (string, bool), s *Settings) (environment, error) {
	var e environment
	g := &s.Generation
	table := []struct {
		name string
		set  func(string) error
	}{
		{"MODEL_NAME", func(v string) error { return parseText(v, &e.model) }},
		{"MODEL_PATH", func(v string) error { return parseText(v, &e.path) }},
		{"DEVICE_MAP", func(v string) error {
			if err := checkDeviceMap(v); err != nil {
				return err
			}
			if v != "auto" && v != "cpu" {
				s.note("DEVICE_MAP has no effect here: the engine computes on the CPU")
			}
			return nil
		}},
		{"MAX_INPUT_TOKENS", func(v string) error { return parseInt(v, 1, 1<<31-1, &g.MaxInput) }},
		{"MAX_NEW_TOKENS", func(v string) error { return parseInt(v, 1, 1<<31-1, &g.MaxNew) }},
		{"DTYPE", func(v string) error { return choose(v, dtypes(), &g.Format) }},
		{"QUANTIZATION", func(v string) error {
			format := g.Format
			if err := choose(v, quantizations(), &format); err != nil {
				return err
			}
			if format != "" {
				g.Format = format
			}
			return nil
		}},
		{"END_OF_STREAM_TOKEN", func(v string) error { return parseText(v, &g.EndOfStream) }},
	}
	for _, t := range table { // DTYPE before QUANTIZATION, which wins
		value, set := lookup(t.name)
		if value = strings.TrimSpace(value); !set || value == "" {
			continue
		}
		if err := t.set(value); err != nil {
			return e, fmt.Errorf("%s %w", t.name, err)
		}
	}
	return e, nil
}

// dtypes maps the names of torch to the engine's formats. The engine computes float16 as float32, which holds all
// its values.
func dtypes() map[string]string {
	return map[string]string{"auto": "", "bfloat16": "bf16", "float32": "f32", "float16": "f32"}
}

// quantizations maps LLM-API's words to the engine's formats; empty: that of DTYPE.
func quantizations() map[string]string { return map[string]string{"none": "", "8bit": "int8"} }

// choose looks a word up, with or without torch's prefix, in any case.
func choose(v string, known map[string]string, to *string) error {
	format, ok := known[strings.TrimPrefix(strings.ToLower(v), "torch.")]
	if !ok {
		return fmt.Errorf("must be one of %s, got %q", strings.Join(slices.Sorted(maps.Keys(known)), ", "), v)
	}
	*to = format
	return nil
}

// checkDeviceMap takes what Accelerate takes: a strategy, a device, an ordinal, or a JSON object of them by module.
func checkDeviceMap(v string) error {
	if strings.HasPrefix(v, "{") {
		var byModule map[string]json.RawMessage
		if err := json.Unmarshal([]byte(v), &byModule); err != nil {
			return fmt.Errorf("is not a JSON object: %w", err)
		}
		for module, device := range byModule {
			if !isDevice(strings.Trim(string(device), `"`)) {
				return fmt.Errorf("sends %q to %s, which is no device", module, device)
			}
		}
		return nil
	}
	if !slices.Contains([]string{"auto", "balanced", "balanced_low_0", "sequential"}, v) && !isDevice(v) {
		return fmt.Errorf(`must be auto, a device as cpu, mps or cuda:1, an ordinal, or a JSON object of them by module, got %q`, v)
	}
	return nil
}

func isDevice(v string) bool {
	kind, ordinal, indexed := strings.Cut(v, ":")
	if !indexed && kind != "" && strings.Trim(kind, "0123456789") == "" {
		return true
	}
	if _, err := strconv.ParseUint(ordinal, 10, 16); indexed && err != nil {
		return false
	}
	return slices.Contains([]string{"cpu", "cuda", "mps", "xpu", "disk"}, kind)
}
