package resources

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// externalModelValidator checks that external_model holds the one block of its provider, and that the block
// says how to authenticate.
type externalModelValidator struct{}

// Description says what is checked.
func (externalModelValidator) Description(context.Context) string {
	return "exactly one provider block, that of the provider, with its secrets"
}

// MarkdownDescription is Description.
func (v externalModelValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateObject checks what is known and leaves the rest to the apply.
func (externalModelValidator) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if !known(req.ConfigValue) {
		return
	}
	var set []externalBlock
	for _, b := range externalBlocks() {
		o := objectAt(req.ConfigValue, b.name)
		if o.IsUnknown() {
			return
		}
		if !o.IsNull() {
			set = append(set, b)
		}
	}
	switch len(set) {
	case 1:
		checkBlock(set[0], req, &resp.Diagnostics)
	case 0:
		resp.Diagnostics.AddAttributeError(req.Path, "Missing provider block",
			"An external_model needs the block of its provider, such as openai_config or anthropic_config.")
	default:
		resp.Diagnostics.AddAttributeError(req.Path.AtName(set[1].name), "More than one provider block",
			fmt.Sprintf("An external_model has one provider, but %s and %s are both set.", set[0].name, set[1].name))
	}
}

func checkBlock(b externalBlock, req validator.ObjectRequest, resp *diag.Diagnostics) {
	if provider := stringAt(req.ConfigValue, "provider"); known(provider) && provider.ValueString() != b.provider {
		resp.AddAttributeError(req.Path.AtName(b.name), "Wrong provider block",
			fmt.Sprintf("The provider is %q and %s is the block of provider %q. Expected %s.",
				provider.ValueString(), b.name, b.provider, blockOf(provider.ValueString())))
		return
	}
	at := req.Path.AtName(b.name)
	block := objectAt(req.ConfigValue, b.name)
	checkSecretPairs(b.fields, block, at, resp)
	for _, rule := range blockRules() {
		if rule.block == b.name {
			rule.check(block, at, resp)
		}
	}
}

func blockOf(provider string) string {
	for _, b := range externalBlocks() {
		if b.provider == provider {
			return b.name
		}
	}
	return "one of the providers that the documentation of external_model.provider lists"
}

// checkSecretPairs refuses a secret that is given twice, or half.
func checkSecretPairs(fields []externalField, block types.Object, at path.Path, resp *diag.Diagnostics) {
	for _, f := range fields {
		if inner := objectAt(block, f.name); f.fields != nil && known(inner) {
			checkSecretPairs(f.fields, inner, at.AtName(f.name), resp)
			checkGiven(f.fields, inner, at.AtName(f.name), resp)
		}
		if !f.secret {
			continue
		}
		if known(stringAt(block, f.name)) && known(stringAt(block, f.name+suffixWriteOnly)) {
			resp.AddAttributeError(at.AtName(f.name+suffixWriteOnly), "Secret given twice",
				fmt.Sprintf("Set either %s or %s.", f.name, f.name+suffixWriteOnly))
		}
		checkVersion(stringAt(block, f.name+suffixWriteOnly), int64At(block, f.name+suffixVersion), f.name, at, resp)
	}
}

// checkVersion wants a write-only value and its version together.
func checkVersion(writeOnly attr.Value, version types.Int64, name string, at path.Path, resp *diag.Diagnostics) {
	if known(writeOnly) && version.IsNull() {
		resp.AddAttributeError(at.AtName(name+suffixVersion), "Missing version of a write-only value",
			fmt.Sprintf("%s needs %s: Terraform cannot see write-only values change, only their version. Start with 1.", name+suffixWriteOnly, name+suffixVersion))
	}
	if writeOnly.IsNull() && known(version) {
		resp.AddAttributeError(at.AtName(name+suffixVersion), "Version without a write-only value",
			fmt.Sprintf("%s means nothing without %s.", name+suffixVersion, name+suffixWriteOnly))
	}
}

// checkGiven wants every secret of fields.
func checkGiven(fields []externalField, block types.Object, at path.Path, resp *diag.Diagnostics) {
	for _, f := range fields {
		if f.secret && !given(block, f.name) {
			missingSecret(f.name, at, resp)
		}
	}
}

// given reports whether a secret has a reference or a write-only value, be it unknown yet.
func given(block types.Object, name string) bool {
	return !stringAt(block, name).IsNull() || !stringAt(block, name+suffixWriteOnly).IsNull()
}

// present reports whether a secret is known to have a reference or a write-only value.
func present(block types.Object, name string) bool {
	return known(stringAt(block, name)) || known(stringAt(block, name+suffixWriteOnly))
}

func missingSecret(name string, at path.Path, resp *diag.Diagnostics) {
	resp.AddAttributeError(at.AtName(name), "Missing secret",
		fmt.Sprintf("%s needs %s, a reference {{secrets/scope/key}}, or %s with %s. Attributes that the block does not have, such as another "+
			"provider's key, are dropped by Terraform.", lastStep(at), name, name+suffixWriteOnly, name+suffixVersion))
}

func lastStep(p path.Path) string {
	s := p.String()
	return s[strings.LastIndexByte(s, '.')+1:]
}
