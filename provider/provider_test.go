package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/inference-iac/terraform-provider-inference/internal/acctest"
	"github.com/inference-iac/terraform-provider-inference/provider"
)

type values = acctest.Values

func server(environment map[string]string) tfprotov6.ProviderServer {
	return providerserver.NewProtocol6(provider.NewWithEnvironment("1.2.3", func(name string) string { return environment[name] })())()
}

func TestConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	good := values{"host": "https://h.example", "token": "t0k3n"}
	for name, c := range map[string]struct {
		config      values
		environment map[string]string
		says        []string
	}{
		"no host":                       {good.With(values{"host": nil}), nil, []string{`"host"`, "INFERENCE_HOST"}},
		"no credentials":                {good.With(values{"token": nil}), nil, []string{`"token"`, "client_id"}},
		"no scheme that serves":         {good.With(values{"host": "ftp://h"}), nil, []string{`"host"`, "http or https"}},
		"a path":                        {good.With(values{"host": "https://h/x"}), nil, []string{`"host"`, "path"}},
		"a query":                       {good.With(values{"host": "https://h/?o=1"}), nil, []string{`"host"`, "query"}},
		"a user":                        {good.With(values{"host": "https://u:p4ss@h"}), nil, []string{`"host"`, "user"}},
		"token and client":              {good.With(values{"client_id": "c", "client_secret": "s"}), nil, []string{`"client_secret"`, "either"}},
		"client without secret":         {values{"host": "h", "client_id": "c"}, nil, []string{`"client_secret"`, "needs a client secret"}},
		"secret without client":         {values{"host": "h", "client_secret": "s"}, nil, []string{`"client_id"`, "needs a client id"}},
		"a bad duration":                {good.With(values{"retry_timeout": "5"}), nil, []string{`"retry_timeout"`, "duration"}},
		"a negative duration":           {good.With(values{"batch_window": "-1s"}), nil, []string{`"batch_window"`, "positive"}},
		"a bad host in the environment": {good.With(values{"host": nil}), map[string]string{"DATABRICKS_HOST": "ftp://h"}, []string{`"host"`, "http or https"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := acctest.Configure(t.Context(), t, server(c.environment), c.config)
			if len(p.Errors) == 0 || !p.Says(append(c.says, "ERROR")...) {
				t.Errorf("wanted an error that says %q, got %q", c.says, p.Messages)
			}
			for _, secret := range []string{"t0k3n", "p4ss"} {
				if strings.Contains(strings.Join(p.Messages, " "), secret) {
					t.Errorf("a message repeats a secret: %q", p.Messages)
				}
			}
		})
	}
}

func TestConfigurationIsTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config      values
		environment map[string]string
	}{
		"a bare host":       {values{"host": "h.example", "token": "t"}, nil},
		"a slash":           {values{"host": "https://h.example/", "token": "t"}, nil},
		"client":            {values{"host": "h", "client_id": "c", "client_secret": "s"}, nil},
		"environment":       {values{}, map[string]string{"INFERENCE_HOST": "h", "INFERENCE_TOKEN": "t"}},
		"databricks":        {values{}, map[string]string{"DATABRICKS_HOST": "h", "DATABRICKS_CLIENT_ID": "c", "DATABRICKS_CLIENT_SECRET": "s"}},
		"client over token": {values{"host": "h", "client_id": "c", "client_secret": "s"}, map[string]string{"DATABRICKS_TOKEN": "t"}},
		"token over client": {values{"host": "h", "token": "t"}, map[string]string{"DATABRICKS_CLIENT_ID": "c", "DATABRICKS_CLIENT_SECRET": "s"}},
	} {
		t.Run(name, func(t *testing.T) {
			if p := acctest.Configure(t.Context(), t, server(c.environment), c.config); len(p.Messages) > 0 {
				t.Errorf("got %q", p.Messages)
			}
		})
	}
}

// TestUnknownHostPlans configures with what is known only after an apply: it is said, and it is no error.
func TestUnknownHostPlans(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"host", "token"} {
		p := acctest.Configure(t.Context(), t, server(nil), values{"host": "h", "token": "t"}.With(values{at: acctest.Unknown{}}))
		if len(p.Errors) > 0 || !p.Says("WARNING", at, "-target") {
			t.Errorf("%s: got %q", at, p.Messages)
		}
	}
}

// TestEnvironmentPrecedence asks a server which credentials arrive.
func TestEnvironmentPrecedence(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	for name, c := range map[string]struct {
		config      values
		environment map[string]string
	}{
		"attribute first":           {values{"host": env.Host, "token": env.Token}, map[string]string{"INFERENCE_HOST": "http://127.0.0.1:1", "INFERENCE_TOKEN": "x"}},
		"then INFERENCE":            {values{}, map[string]string{"INFERENCE_HOST": env.Host, "INFERENCE_TOKEN": env.Token, "DATABRICKS_HOST": "http://127.0.0.1:1", "DATABRICKS_TOKEN": "x"}},
		"then DATABRICKS":           {values{}, map[string]string{"DATABRICKS_HOST": env.Host, "DATABRICKS_TOKEN": env.Token}},
		"a mix of both and a block": {values{"token": env.Token}, map[string]string{"DATABRICKS_HOST": env.Host}},
	} {
		env.ResetRequests()
		p := server(c.environment)
		if said := acctest.Configure(t.Context(), t, p, c.config); len(said.Messages) > 0 {
			t.Fatalf("%s: %q", name, said.Messages)
		}
		env.DataFrom(t, p, "inference_serving_endpoints", values{})
		requests := env.Requests()
		if len(requests) != 1 || requests[0].Status != 200 {
			t.Fatalf("%s: the requests were %v", name, requests)
		}
		if agent := requests[0].Header.Get("User-Agent"); !strings.Contains(agent, "terraform-provider-inference/1.2.3") || !strings.Contains(agent, "terraform/1.14.0") {
			t.Errorf("the user agent is %q", agent)
		}
	}
}

// TestServicePrincipal exchanges client credentials for a token, once for all requests.
func TestServicePrincipal(t *testing.T) {
	t.Parallel()
	env := acctest.Start(t)
	p := server(nil)
	if said := acctest.Configure(t.Context(), t, p, values{"host": env.Host, "client_id": "c", "client_secret": "s3cret"}); len(said.Messages) > 0 {
		t.Fatalf("got %q", said.Messages)
	}
	for range 3 {
		if d := env.DataFrom(t, p, "inference_serving_endpoints", values{}); len(d.Messages) > 0 {
			t.Fatalf("got %q", d.Messages)
		}
	}
	if n, m := env.Count("oidc_token"), env.Count("list_endpoints"); n != 1 || m != 3 {
		t.Errorf("%d tokens were fetched for %d requests", n, m)
	}
}
