package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"github.com/inference-iac/terraform-provider-inference/mockserver/llmapi"
)

// llmAPIFlag asks for LLM-API on TorchServe instead of the serving API. It has flags of its own.
const llmAPIFlag = "llm-api"

// wantsLLMAPI looks for the flag before the flags are parsed.
func wantsLLMAPI(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool { return a == "--"+llmAPIFlag || a == "-"+llmAPIFlag })
}

// runLLMAPI is run for LLM-API.
func runLLMAPI(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	settings, options, err := parseLLMAPI(args, os.LookupEnv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	code := 2
	if err == nil {
		code, err = 1, serveLLMAPI(ctx, settings, options, stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "mockserver:", err)
		return code
	}
	return 0
}

// parseLLMAPI reads the flags, which are those of torchserve, and what they and the environment lead to.
func parseLLMAPI(args []string, env func(string) (string, bool), stderr io.Writer) (llmapi.Settings, llmapi.Options, error) {
	var c llmapi.Configuration
	var verbose bool
	f := flag.NewFlagSet("mockserver --"+llmAPIFlag, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Bool(llmAPIFlag, false, "answer as LLM-API on TorchServe does")
	f.StringVar(&c.File, "ts-config", "", "config.properties `file`; TS_CONFIG_FILE wins; default config.properties where there is one")
	f.StringVar(&c.ModelStore, "model-store", "", "`directory` that holds the checkpoint of each model under its name; without it the embedded one answers")
	f.StringVar(&c.Models, "models", "", "`name[=dir],…` to load; default MODEL_NAME, else all that the models property describes")
	f.BoolVar(&verbose, "verbose", false, "log every request to stderr")
	f.Usage = func() {
		_, _ = fmt.Fprintf(stderr, "Usage of %s:\n", f.Name())
		f.PrintDefaults()
		_, _ = fmt.Fprintln(stderr, "The environment sets the model: MODEL_NAME, MODEL_PATH, DEVICE_MAP, MAX_INPUT_TOKENS, MAX_NEW_TOKENS, DTYPE, QUANTIZATION, END_OF_STREAM_TOKEN.")
	}
	if err := f.Parse(args); err != nil {
		return llmapi.Settings{}, llmapi.Options{}, err
	}
	if f.NArg() > 0 {
		return llmapi.Settings{}, llmapi.Options{}, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	if file, set := env("TS_CONFIG_FILE"); set {
		c.File = file
	}
	explicit := c.File != ""
	if !explicit {
		c.File = "config.properties"
	}
	text, err := os.ReadFile(c.File)
	if err != nil && (explicit || !errors.Is(err, fs.ErrNotExist)) {
		return llmapi.Settings{}, llmapi.Options{}, fmt.Errorf("--ts-config: %w", err)
	}
	c.Properties, c.Env = string(text), env
	s, err := c.Read()
	var o llmapi.Options
	if verbose {
		o.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	return s, o, err
}

// serveLLMAPI runs until ctx ends, and lets requests under way end.
func serveLLMAPI(ctx context.Context, settings llmapi.Settings, o llmapi.Options, stdout, stderr io.Writer) error {
	for _, n := range settings.Notes {
		_, _ = fmt.Fprintln(stderr, "mockserver:", n)
	}
	s, err := llmapi.Open(settings, o)
	if err != nil {
		return err
	}
	addresses, err := s.Listen()
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if err := json.NewEncoder(stdout).Encode(addresses); err != nil {
		return errors.Join(err, s.Close())
	}
	<-ctx.Done()
	return s.Close()
}
