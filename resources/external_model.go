package resources

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// expandExternal makes the wire's external model of the configured one. Attributes are named like the fields
// of the wire, so the object is written as JSON and read as the wire type; write-only values become the
// plaintext fields.
func expandExternal(config types.Object, provider string) (*api.ExternalModel, error) {
	if !known(config) {
		return nil, nil
	}
	b, err := json.Marshal(externalTree(config))
	if err != nil {
		return nil, fmt.Errorf("writing external_model: %w", err)
	}
	var m api.ExternalModel
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("reading external_model: %w", err)
	}
	if m.Provider == "" {
		m.Provider = provider
	}
	return &m, nil
}

func externalTree(o types.Object) map[string]any {
	tree := map[string]any{}
	for name, v := range o.Attributes() {
		if !known(v) {
			continue
		}
		switch v := v.(type) {
		case types.String:
			if field, ok := strings.CutSuffix(name, suffixWriteOnly); ok {
				name = field + suffixPlaintext
			}
			tree[name] = v.ValueString()
		case types.Object:
			tree[name] = externalTree(v)
		}
	}
	return tree
}

// flattenExternal makes the state's external model of the wire's. What the server never shows (write-only
// values' versions) comes from prior; an imported model has none, and its missing secrets count as version 1,
// which is what a configuration that starts to manage them says.
func flattenExternal(m *api.ExternalModel, prior types.Object, imported bool) (types.Object, error) {
	t := externalType()
	if m == nil {
		return types.ObjectNull(t.AttrTypes), nil
	}
	b, err := json.Marshal(m.Redacted())
	if err != nil {
		return types.ObjectNull(t.AttrTypes), fmt.Errorf("reading external_model: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(b, &tree); err != nil {
		return types.ObjectNull(t.AttrTypes), fmt.Errorf("reading external_model: %w", err)
	}
	values := map[string]attr.Value{
		"name": types.StringValue(m.Name), "provider": orNull(m.Provider), "task": types.StringValue(m.Task),
	}
	for _, block := range externalBlocks() {
		bt := t.AttrTypes[block.name].(types.ObjectType)
		have, ok := tree[block.name].(map[string]any)
		if !ok {
			values[block.name] = types.ObjectNull(bt.AttrTypes)
			continue
		}
		if m.Provider == "" {
			values["provider"] = types.StringValue(block.provider)
		}
		values[block.name] = flattenFields(block.fields, bt, have, objectAt(prior, block.name), imported)
	}
	return types.ObjectValueMust(t.AttrTypes, values), nil
}

func flattenFields(fields []externalField, t types.ObjectType, have map[string]any, prior types.Object, imported bool) types.Object {
	values := map[string]attr.Value{}
	for _, f := range fields {
		switch {
		case f.fields != nil:
			ft := t.AttrTypes[f.name].(types.ObjectType)
			if inner, ok := have[f.name].(map[string]any); ok {
				values[f.name] = flattenFields(f.fields, ft, inner, objectAt(prior, f.name), imported)
			} else {
				values[f.name] = types.ObjectNull(ft.AttrTypes)
			}
		case f.secret:
			reference, _ := have[f.name].(string)
			version := int64At(prior, f.name+suffixVersion)
			if reference != "" {
				version = types.Int64Null()
			} else if imported && wantsSecret(f.name, have) {
				version = types.Int64Value(1)
			}
			values[f.name] = orNull(reference)
			values[f.name+suffixWriteOnly] = types.StringNull()
			values[f.name+suffixVersion] = version
		default:
			s, _ := have[f.name].(string)
			values[f.name] = settle(orNull(s), stringAt(prior, f.name), f)
		}
	}
	return types.ObjectValueMust(t.AttrTypes, values)
}

// settle keeps the prior value where the server's differs in nothing that matters.
func settle(have, prior types.String, f externalField) types.String {
	switch {
	case prior.IsNull() && f.byDefault != "" && have.ValueString() == f.byDefault:
		return prior
	case f.foldCase && known(prior) && strings.EqualFold(have.ValueString(), prior.ValueString()):
		return prior
	}
	return have
}

// wantsSecret tells whether a block, as the server shows it, authenticates by this secret.
func wantsSecret(name string, have map[string]any) bool {
	azuread := have["openai_api_type"] == "azuread"
	switch name {
	case "openai_api_key":
		return !azuread
	case "microsoft_entra_client_secret":
		return azuread
	case "aws_access_key_id", "aws_secret_access_key":
		return have["instance_profile_arn"] == nil
	}
	return true
}

func stringAt(o types.Object, name string) types.String {
	if v, ok := o.Attributes()[name].(types.String); ok {
		return v
	}
	return types.StringNull()
}

func int64At(o types.Object, name string) types.Int64 {
	if v, ok := o.Attributes()[name].(types.Int64); ok {
		return v
	}
	return types.Int64Null()
}

func objectAt(o types.Object, name string) types.Object {
	if v, ok := o.Attributes()[name].(types.Object); ok {
		return v
	}
	return types.ObjectNull(nil)
}
