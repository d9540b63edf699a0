package resources

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// namePattern is compiled once: every schema of every provider process asks for it.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// nameValidators are the server's rules for names of endpoints and served entities.
func nameValidators() []validator.String {
	return []validator.String{
		stringvalidator.LengthBetween(1, 63),
		stringvalidator.RegexMatches(namePattern, "only letters, digits, dashes and underscores"),
	}
}

// stringCheck is a validator made of one function. It waits for unknown values.
type stringCheck struct {
	description string
	check       func(value string, req validator.StringRequest, resp *validator.StringResponse)
}

// Description says what is checked.
func (v stringCheck) Description(context.Context) string { return v.description }

// MarkdownDescription is Description.
func (v stringCheck) MarkdownDescription(context.Context) string { return v.description }

// ValidateString runs the check on a known value.
func (v stringCheck) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if known(req.ConfigValue) {
		v.check(req.ConfigValue.ValueString(), req, resp)
	}
}

// Duration accepts positive Go durations.
func Duration() validator.String {
	return stringCheck{"a positive duration such as 90s or 1h30m", func(s string, req validator.StringRequest, resp *validator.StringResponse) {
		if d, err := time.ParseDuration(s); err != nil || d <= 0 {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", fmt.Sprintf("Expected a positive duration such as 90s or 1h30m, got %q.", s))
		}
	}}
}

// listedWorkloadType warns of a workload type that no document lists: the server has the last word.
func listedWorkloadType() validator.String {
	return stringCheck{"a documented workload type", func(s string, req validator.StringRequest, resp *validator.StringResponse) {
		if !slices.Contains(api.WorkloadTypes(), s) {
			resp.Diagnostics.AddAttributeWarning(req.Path, "Unlisted workload type",
				fmt.Sprintf("%q is none of the documented workload types (%s). It is sent as it is; the server has the last word.",
					s, strings.Join(api.WorkloadTypes(), ", ")))
		}
	}}
}

// secretReference refuses plaintext where a reference belongs. The message never repeats the value.
type secretReference struct{ writeOnly string }

// Description says what is checked.
func (secretReference) Description(context.Context) string {
	return "a reference {{secrets/scope/key}}"
}

// MarkdownDescription is Description.
func (secretReference) MarkdownDescription(context.Context) string {
	return "a reference `{{secrets/scope/key}}`"
}

// ValidateString checks a known value.
func (v secretReference) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	if _, _, ok := api.SecretReference(req.ConfigValue.ValueString()); !ok {
		resp.Diagnostics.AddAttributeError(req.Path, "Plaintext secret",
			fmt.Sprintf("This attribute stands in state and plan, so it takes a reference {{secrets/scope/key}} alone. "+
				"For a plaintext value use %s with %s_version: it is sent and kept nowhere.", v.writeOnly, v.writeOnly))
	}
}
