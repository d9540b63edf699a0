package resources

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
)

// Defaults of the timeouts attribute. A model of 30 billion parameters may take more than an hour to deploy.
const (
	createTimeout = 2 * time.Hour
	updateTimeout = 2 * time.Hour
	deleteTimeout = 15 * time.Minute
)

func timeoutsAttribute(ctx context.Context) schema.Attribute {
	attribute := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Update: true, Delete: true,
		CreateDescription: "How long a create may take, rollout included: a duration such as `30m`. Default `2h`.",
		UpdateDescription: "How long an update may take, rollout included. Default `2h`.",
		DeleteDescription: "How long a delete may take. Default `15m`.",
	})
	if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "How long operations may take. They end with an error after that; the server goes on."
		return nested
	}
	return attribute
}

// stableString is a computed attribute that never changes as long as the object exists.
func stableString(description string) schema.Attribute {
	return schema.StringAttribute{
		Computed:            true,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: description,
	}
}
