package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/inference-iac/terraform-provider-inference/resources"
)

// Defaults of the provider block.
const (
	defaultRetryTimeout   = 5 * time.Minute
	defaultRequestTimeout = time.Minute
	defaultPollInterval   = time.Second
	defaultBatchWindow    = 100 * time.Millisecond
	pollGrowth            = 10 // the longest pause between two polls, as a multiple of the first
)

func lookupEnvironment(name string) string { return os.Getenv(name) }

// ValidateConfig refuses two ways to authenticate at once.
func (p *Provider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	for name, v := range map[string]types.String{"client_id": m.ClientID, "client_secret": m.ClientSecret} {
		if !m.Token.IsNull() && !m.Token.IsUnknown() && !v.IsNull() && !v.IsUnknown() {
			resp.Diagnostics.AddAttributeError(path.Root(name), "Two ways to authenticate",
				"Set either token, or client_id with client_secret.")
		}
	}
	if !m.Host.IsNull() && !m.Host.IsUnknown() {
		if _, err := parseHost(m.Host.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("host"), "Invalid provider host", sentence(err))
		}
	}
}

// Configure turns the provider block into what all resources share. Each configuration has a client and a
// coordinator of its own, so that aliased providers never see each other's endpoints.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if unknown := m.unknown(); unknown != "" {
		resp.Diagnostics.AddAttributeWarning(path.Root(unknown), "Planning without a server",
			fmt.Sprintf("The provider's %s is known only after another resource has been applied. What needs no server is planned and "+
				"checked; existing objects are not refreshed, and throughput is not checked against the model. Applying the other "+
				"resource first with -target gives a complete plan.", unknown))
		return
	}
	options := p.options(m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	options.UserAgent = fmt.Sprintf("terraform-provider-inference/%s terraform/%s", p.version, req.TerraformVersion)

	services, err := resources.NewServices(options)
	if err != nil {
		resp.Diagnostics.AddError("Cannot set up the client", sentence(err))
		return
	}
	tflog.Debug(ctx, "configured", map[string]any{"host": options.Host, "user_agent": options.UserAgent})
	resp.ResourceData = services
	resp.DataSourceData = services
	resp.ListResourceData = services
}

// unknown names an attribute without which no request can be made and that is not known yet.
func (m model) unknown() string {
	switch {
	case m.Host.IsUnknown():
		return "host"
	case m.Token.IsUnknown():
		return "token"
	case m.ClientID.IsUnknown():
		return "client_id"
	case m.ClientSecret.IsUnknown():
		return "client_secret"
	}
	return ""
}

// options resolves each setting: attribute, then environment, then default.
func (p *Provider) options(m model, diags *diag.Diagnostics) resources.Options {
	o := resources.Options{
		RetryTimeout:   setDuration(m.RetryTimeout, defaultRetryTimeout, "retry_timeout", diags),
		RequestTimeout: setDuration(m.RequestTimeout, defaultRequestTimeout, "request_timeout", diags),
		Poll:           setDuration(m.PollInterval, defaultPollInterval, "poll_interval", diags),
		Settle:         setDuration(m.BatchWindow, defaultBatchWindow, "batch_window", diags),
	}
	o.PollMax = pollGrowth * o.Poll
	p.authenticate(m, &o, diags)

	host := p.setting(m.Host, "HOST")
	if host == "" {
		diags.AddAttributeError(path.Root("host"), "Missing provider host",
			"Set the host attribute of provider \"inference\", or the environment variable INFERENCE_HOST or DATABRICKS_HOST, "+
				"to the URL of the workspace or of a mock server.")
		return o
	}
	u, err := parseHost(host)
	if err != nil {
		diags.AddAttributeError(path.Root("host"), "Invalid provider host", sentence(err))
		return o
	}
	o.Host = u
	return o
}

// authenticate resolves the credentials. What stands in the provider block excludes the other way's
// environment variables; without any of it, a token counts before a service principal.
func (p *Provider) authenticate(m model, o *resources.Options, diags *diag.Diagnostics) {
	if m.ClientID.IsNull() && m.ClientSecret.IsNull() {
		if o.Token = p.setting(m.Token, "TOKEN"); o.Token != "" {
			return
		}
	}
	o.ClientID, o.ClientSecret = p.setting(m.ClientID, "CLIENT_ID"), p.setting(m.ClientSecret, "CLIENT_SECRET")
	switch {
	case o.ClientID == "" && o.ClientSecret == "":
		diags.AddAttributeError(path.Root("token"), "Missing provider credentials",
			"Set the token attribute of provider \"inference\", or client_id with client_secret, or the environment variables "+
				"INFERENCE_TOKEN or DATABRICKS_TOKEN, or those for the client id and secret.")
	case o.ClientID == "":
		diags.AddAttributeError(path.Root("client_id"), "Missing client id", "A client secret needs a client id: set client_id, INFERENCE_CLIENT_ID or DATABRICKS_CLIENT_ID.")
	case o.ClientSecret == "":
		diags.AddAttributeError(path.Root("client_secret"), "Missing client secret",
			"A client id needs a client secret: set client_secret, INFERENCE_CLIENT_SECRET or DATABRICKS_CLIENT_SECRET.")
	}
}

// setting is an attribute's value, or that of its environment variable under either prefix.
func (p *Provider) setting(v types.String, suffix string) string {
	if s := v.ValueString(); s != "" {
		return s
	}
	for _, prefix := range []string{"INFERENCE_", "DATABRICKS_"} {
		if s := p.env(prefix + suffix); s != "" {
			return s
		}
	}
	return ""
}

func setDuration(v types.String, fallback time.Duration, name string, diags *diag.Diagnostics) time.Duration {
	if v.IsNull() || v.IsUnknown() {
		return fallback
	}
	d, err := time.ParseDuration(v.ValueString())
	if err != nil || d <= 0 {
		diags.AddAttributeError(path.Root(name), "Invalid duration",
			fmt.Sprintf("%s must be a positive duration such as 90s or 1h30m, got %q.", name, v.ValueString()))
	}
	return d
}

// parseHost accepts an http or https URL, or a bare host name, and returns the origin.
func parseHost(s string) (string, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", fmt.Errorf("the host is no URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the host must be an http or https URL such as https://example.cloud.databricks.com, without user, path, query or fragment")
	}
	return u.Scheme + "://" + u.Host, nil
}

// sentence makes a diagnostic's sentence of an error.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
