package main

import (
	"crypto/rand"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/etcdstore"
)

// config is what the flags say.
type config struct {
	options mockserver.Options
	listen  string
	data    string
	etcd    *etcdstore.Config // nil: state is not shared
	token   string            // printed in the ready line
	secrets []secret          // of that token's workspace
	verbose bool
	notes   []string // for stderr, before anything else
}

// usage stands before the flags.
const usage = `mockserver [serve] [flags]              serve until SIGINT or SIGTERM; the first line on stdout says where
mockserver exec [flags] -- command args  serve while a command runs, which finds the server by its environment
mockserver --llm-api [flags]             answer as LLM-API on TorchServe does; --llm-api --help lists its flags

Flags of serve and exec:
`

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// parse reads the flags and returns what stands behind them.
func parse(mode string, args []string, stderr io.Writer) (config, []string, error) {
	var c config
	var tokens, models, roots, admins, secrets list
	var port int
	var gpus, progression, cert, key, engines, store string
	var scale float64
	f := flag.NewFlagSet("mockserver "+mode, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		_, _ = fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&c.listen, "listen", "127.0.0.1:0", "`address` to serve on; port 0 takes a free one")
	f.IntVar(&port, "port", -1, "`port` to serve on, instead of the one in --listen")
	f.Var(&tokens, "token", "accepted bearer token, `[user=]token`, repeatable; without any, every token opens a workspace of its own")
	f.Var(&secrets, "secret", "secret of the printed token's workspace, `scope/key=reference` with env:NAME or file:PATH, repeatable")
	f.Var(&models, "model", "registered model, `name[=dir][,version=N][,parameters=N][,type=T][,task=T][,chunk=N][,optimizable=BOOL]`, repeatable")
	f.Var(&roots, "models-dir", "`directory` tree catalog.schema.name/version of Hugging Face or MLflow models, repeatable")
	f.Var(&admins, "admin-user", "`user` who may do everything, repeatable; without any, permissions are kept, not enforced")
	f.BoolVar(&c.options.AnyModel, "any-model", false, "accept models that nobody registered")
	f.StringVar(&gpus, "gpus", "", "GPU pool, as `A100=4,T4=2`, whose ids CUDA counts from 0 in this order; empty: unlimited")
	f.StringVar(&progression, "progression", "", "what moves deployments on: `immediate`, reads(N), time, manual; default immediate, or time with --time-scale")
	f.Float64Var(&scale, "time-scale", 0, "let deployments last their real durations divided by this `factor`: 600 makes an hour six seconds")
	f.BoolVar(&c.options.Admin, "admin", false, "serve the routes under /__admin/")
	f.Uint64Var(&c.options.Seed, "seed", 0, "`seed` of the choice between served entities")
	f.StringVar(&c.data, "data", "", "`file` to keep state in; secrets only with a key in "+dataKey)
	f.StringVar(&store, "store", "", "`etcd://[user@]host:port[,host:port...][/prefix]` to share state with other mock servers, etcds:// with TLS (parameters cacert, cert, key); the password in ETCDCTL_PASSWORD; secrets only with the same key in "+dataKey+"; rate limits, throughput, metrics, faults and recorded requests stay with each server")
	f.StringVar(&cert, "tls-cert", "", "certificate `file`, for HTTPS")
	f.StringVar(&key, "tls-key", "", "key `file`, for HTTPS")
	f.BoolVar(&c.options.Simulate, "simulate", false, "answer invocations from a simulated model instead of the engine")
	f.StringVar(&engines, "engines", "", "engines `file` in YAML: which model or workload type is answered by which engine, and where it runs or how to start it")
	f.BoolVar(&c.options.External, "external", false, "let external models ask their providers; otherwise they are answered here and nothing leaves the machine")
	f.StringVar(&c.options.InferenceTables, "inference-tables", "", "`directory` for inference tables, as files of JSON lines")
	f.IntVar(&c.options.OperationLimit, "operation-limit", 0, "creates and updates of a workspace in five minutes; the API has 50, 0 is none")
	f.BoolVar(&c.options.RefuseEmptyConfig, "refuse-empty-config", false, "refuse configs without served entities")
	f.BoolVar(&c.options.StrictScaleToZero, "strict-scale-to-zero", false, "refuse custom models that leave scale_to_zero_enabled out")
	llmAPI := f.Bool(llmAPIFlag, false, "answer as LLM-API on TorchServe does instead of the serving API; --llm-api --help lists its flags")
	f.BoolVar(&c.verbose, "verbose", false, "log every request to stderr")
	if err := f.Parse(args); err != nil {
		return c, nil, err
	}
	if *llmAPI {
		return c, nil, fmt.Errorf("--%s takes no value and does not go with exec", llmAPIFlag)
	}
	c.options.Admins = admins
	if c.verbose {
		c.options.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	if port >= 0 {
		host, _, err := net.SplitHostPort(c.listen)
		if err != nil {
			return c, nil, fmt.Errorf("--listen: %w", err)
		}
		c.listen = net.JoinHostPort(host, strconv.Itoa(port))
	}
	for _, step := range []func() error{
		func() error { return c.setTokens(tokens) },
		func() error { return c.setSecrets(secrets) },
		func() error { return c.setModels(models, roots) },
		func() error { return c.setGPUs(gpus) },
		func() error { return c.setTLS(cert, key) },
		func() error { return c.setProgression(progression, scale) },
		func() error { return c.setEngines(engines) },
		func() error { return c.setState(store) },
	} {
		if err := step(); err != nil {
			return c, nil, err
		}
	}
	return c, f.Args(), nil
}

// setTokens takes the accepted tokens; without any, a random one is printed for convenience.
func (c *config) setTokens(tokens list) error {
	if len(tokens) == 0 {
		c.token = "mock-" + strings.ToLower(rand.Text())
		return nil
	}
	c.options.Tokens = map[string]string{}
	for i, t := range tokens {
		user, token, named := strings.Cut(t, "=")
		if !named {
			user, token = "tester@example.com", t
		}
		if token == "" || user == "" {
			return fmt.Errorf("--token %d is empty", i+1)
		}
		c.options.Tokens[token] = user
		if i == 0 {
			c.token = token
		}
	}
	return nil
}

func (c *config) setTLS(cert, key string) error {
	if cert == "" && key == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	c.options.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return nil
}

func (c *config) setGPUs(pool string) error {
	if pool == "" {
		return nil
	}
	c.options.GPUs, c.options.GPUIDs = map[string]int{}, map[string][]string{}
	next := 0 // CUDA counts through the types as they stand there
	for _, pair := range strings.Split(pool, ",") {
		name, count, _ := strings.Cut(pair, "=")
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 || name == "" {
			return fmt.Errorf("--gpus: %q is not TYPE=COUNT", pair)
		}
		if _, twice := c.options.GPUs[name]; twice {
			return fmt.Errorf("--gpus: %s stands there twice", name)
		}
		c.options.GPUs[name] = n
		for range n {
			c.options.GPUIDs[name] = append(c.options.GPUIDs[name], strconv.Itoa(next))
			next++
		}
	}
	return nil
}

func (c *config) setProgression(progression string, scale float64) error {
	switch {
	case scale < 0:
		return fmt.Errorf("--time-scale must be positive, got %g", scale)
	case scale > 0 && progression != "" && progression != "time":
		return fmt.Errorf("--time-scale needs --progression time, got %q", progression)
	case scale > 0:
		c.options.Progression = mockserver.Scaled(scale)
		return nil
	case progression == "":
		return nil
	}
	p, err := mockserver.ParseProgression(progression)
	c.options.Progression = p
	return err
}
