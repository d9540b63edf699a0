package resources

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// base gives a resource the services of its provider configuration. They are nil while the provider's own
// settings are not known, which happens in plans alone.
type base struct{ *Services }

// Configure takes over what the provider hands to resources.
func (b *base) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.adopt(req.ProviderData, &resp.Diagnostics)
}

// dataBase is base for data sources.
type dataBase struct{ base }

// Configure takes over what the provider hands to data sources.
func (b *dataBase) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.adopt(req.ProviderData, &resp.Diagnostics)
}

func (b *base) adopt(data any, diags *diag.Diagnostics) {
	if data == nil {
		return
	}
	s, ok := data.(*Services)
	if !ok {
		diags.AddError("Cannot configure", fmt.Sprintf("The provider handed over %T instead of its services. Please report this.", data))
		return
	}
	b.Services = s
}

// configured reports whether requests can be made, and says so where they can't.
func (b *base) configured(diags *diag.Diagnostics) bool {
	if b.Services != nil {
		return true
	}
	diags.AddError("Provider not configured",
		"The host or the credentials of provider \"inference\" are not known yet. Apply what they come from first, for example with -target.")
	return false
}
