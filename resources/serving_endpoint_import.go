package resources

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// inlineSuffix on an import id asks for the entities and the traffic as well; no name holds a slash.
const inlineSuffix = "/inline"

// importKey is where private state keeps how an import or a move wants to look at the endpoint, until the
// first read.
const importKey = "import"

// ImportState takes the name, as id or as identity.
func (r *servingEndpoint) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name, inline := strings.CutSuffix(req.ID, inlineSuffix)
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("name"), &name)...)
	}
	if strings.Contains(name, "/") {
		resp.Diagnostics.AddError("Invalid import id", "The import id of a serving endpoint is its name, or <name>/inline to bring its entities and traffic into its own state.")
		return
	}
	if inline {
		resp.Diagnostics.Append(askForInline(ctx, resp.Private)...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
}

// movedFrom is the resource of the Databricks provider that an endpoint can be moved from.
const movedFrom = "databricks_model_serving"

// MoveState takes over endpoints that databricks_model_serving manages, in the inline style, which is the
// other resource's. The name suffices: the read that follows shows the rest, so that nothing rolls out.
func (r *servingEndpoint) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		if req.SourceTypeName != movedFrom || !strings.HasSuffix(req.SourceProviderAddress, "/databricks") {
			return
		}
		var source struct {
			Name string `json:"name"`
		}
		if req.SourceRawState == nil || json.Unmarshal(req.SourceRawState.JSON, &source) != nil || source.Name == "" {
			resp.Diagnostics.AddError("Cannot move "+movedFrom, "Its state holds no name.")
			return
		}
		resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("name"), source.Name)...)
		resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, endpointIdentity{types.StringValue(source.Name)})...)
		resp.Diagnostics.Append(askForInline(ctx, resp.TargetPrivate)...)
	}}}
}

func askForInline(ctx context.Context, private privateWriter) diag.Diagnostics {
	return private.SetKey(ctx, importKey, []byte(`"inline"`))
}

func asksForInline(ctx context.Context, private privateReader, diags *diag.Diagnostics) bool {
	b, d := private.GetKey(ctx, importKey)
	diags.Append(d...)
	return len(b) > 0
}
