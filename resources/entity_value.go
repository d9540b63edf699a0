package resources

import (
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The types of nested objects, made from their schemas once: reading 300 entities asks for them 300 times.
var (
	entityType = typeOf(func() schema.SingleNestedAttribute {
		return schema.SingleNestedAttribute{Attributes: entityAttributes()}
	})
	externalType      = typeOf(externalAttribute)
	captureType       = typeOf(captureAttribute)
	gatewayType       = typeOf(gatewayAttribute)
	telemetryType     = typeOf(telemetryAttribute)
	notificationsType = typeOf(notificationsAttribute)
)

func typeOf(attribute func() schema.SingleNestedAttribute) func() types.ObjectType {
	return sync.OnceValue(func() types.ObjectType {
		if t, ok := attribute().GetType().(types.ObjectType); ok {
			return t
		}
		return types.ObjectType{}
	})
}

// nullEntity is an entity of which nothing is known.
func nullEntity() entityModel {
	return entityModel{
		EnvironmentVars:   types.MapNull(types.StringType),
		EnvironmentVarsWO: types.MapNull(types.StringType),
		ExternalModel:     types.ObjectNull(externalType().AttrTypes),
	}
}

// value is the entity as an element of served_entities.
func (m entityModel) value() types.Object {
	return types.ObjectValueMust(entityType().AttrTypes, m.attributes())
}
