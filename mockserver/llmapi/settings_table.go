package llmapi

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// properties says what each property of TorchServe that has an effect sets.
func properties() map[string]func(*Settings, string) error {
	return map[string]func(*Settings, string) error{
		"inference_address":         func(s *Settings, v string) error { return parseAddress(v, &s.Inference) },
		"management_address":        func(s *Settings, v string) error { return parseAddress(v, &s.Management) },
		"metrics_address":           func(s *Settings, v string) error { return parseAddress(v, &s.Metrics) },
		"grpc_inference_address":    func(s *Settings, v string) error { return parseText(v, &s.GRPCHost) },
		"grpc_inference_port":       func(s *Settings, v string) error { return parseInt(v, 0, 65535, &s.GRPCPort) },
		"enable_metrics_api":        func(s *Settings, v string) error { return parseBool(v, &s.MetricsAPI) },
		"enable_envvars_config":     func(s *Settings, v string) error { return parseBool(v, &s.envOverrides) },
		"certificate_file":          func(s *Settings, v string) error { return parseText(v, &s.CertificateFile) },
		"private_key_file":          func(s *Settings, v string) error { return parseText(v, &s.KeyFile) },
		"max_request_size":          func(s *Settings, v string) error { return parseInt(v, 1, 1<<31-1, &s.MaxRequest) },
		"max_response_size":         func(s *Settings, v string) error { return parseInt(v, 1, 1<<31-1, &s.MaxResponse) },
		"job_queue_size":            func(s *Settings, v string) error { return parseInt(v, 1, 1<<20, &s.QueueSize) },
		"default_response_timeout":  func(s *Settings, v string) error { return parseUnits(v, time.Second, &s.defaultTimeout) },
		"default_workers_per_model": func(s *Settings, v string) error { return parseInt(v, 0, maxWorkers, &s.defaultWorkers) },
		"model_store":               func(s *Settings, v string) error { return parseText(v, &s.ModelStore) },
		"load_models": func(s *Settings, v string) error {
			s.load = splitList(v)
			return nil
		},
		"models": func(s *Settings, v string) error {
			s.models = v
			return nil
		},
		"keystore": func(*Settings, string) error {
			return errors.New("is not supported; use certificate_file and private_key_file")
		},
	}
}

// maxWorkers bounds the workers of one model.
const maxWorkers = 1024

// withoutEffect lists TorchServe's other properties: they speak of its Java, of its Python or of its GPUs.
func withoutEffect() []string {
	return []string{
		"allowed_urls", "async_logging", "blacklist_env_vars", "cors_allowed_headers", "cors_allowed_methods", "cors_allowed_origin",
		"cpu_launcher_args", "cpu_launcher_enable", "decode_input_request", "default_response_code", "default_service_handler",
		"disable_system_metrics", "disable_token_authorization", "enable_grpc_ssl", "enable_model_api", "grpc_management_address",
		"grpc_inference_max_connection_age_ms", "grpc_management_max_connection_age_ms", "grpc_management_port",
		"initial_worker_port", "install_py_dep_per_model", "io_ratio", "ipex_enable", "keystore_pass", "keystore_type",
		"limit_max_image_pixels", "metric_time_interval", "metrics_config", "metrics_format", "metrics_mode", "model_config",
		"model_metrics_auto_detect", "model_server_home", "model_snapshot", "NUM_WORKERS", "netty_client_threads",
		"number_of_gpu", "number_of_netty_threads", "prefer_direct_buffer", "python", "snapshot_store", "startup_timeout",
		"system_metrics_cmd", "tsConfigFile", "unregister_model_timeout", "use_env_allowed_urls", "use_native_io", "version",
		"vmargs", "workflow_store",
	}
}

// Address is where one API listens.
type Address struct {
	Host string
	Port int // 0: a free one
	TLS  bool
}

func (a Address) listen() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// parseAddress reads http://host[:port] or https://host[:port].
func parseAddress(v string, to *Address) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("must be http://host:port or https://host:port, got %q", v)
	}
	a := Address{Host: u.Hostname(), Port: 80, TLS: u.Scheme == "https"}
	if a.TLS {
		a.Port = 443
	}
	if u.Port() != "" {
		if err := parseInt(u.Port(), 0, 65535, &a.Port); err != nil {
			return fmt.Errorf("has a port that %w", err)
		}
	}
	*to = a
	return nil
}

func parseText(v string, to *string) error {
	if v == "" {
		return errors.New("is empty")
	}
	*to = v
	return nil
}

func parseInt[T int | int64](v string, low, high int64, to *T) error {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < low || n > high {
		return fmt.Errorf("must be a whole number from %d to %d, got %q", low, high, v)
	}
	*to = T(n)
	return nil
}

// parseUnits reads a positive number of seconds or milliseconds.
func parseUnits(v string, unit time.Duration, to *time.Duration) error {
	var n int64
	if err := parseInt(v, 1, 1<<31-1, &n); err != nil {
		return err
	}
	*to = time.Duration(n) * unit
	return nil
}

// parseBool takes true and false in any case, as Python and Java write them.
func parseBool(v string, to *bool) error {
	switch strings.ToLower(v) {
	case "true":
		*to = true
	case "false":
		*to = false
	default:
		return fmt.Errorf("must be true or false, got %q", v)
	}
	return nil
}

// splitList cuts at commas.
func splitList(v string) []string {
	var out []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" && part != "none" && part != "standalone" {
			out = append(out, part)
		}
	}
	return out
}
