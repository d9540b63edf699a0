package resources

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// entityType is the type of an element of served_entities.
func entityType() types.ObjectType {
	return objectType(schema.SingleNestedAttribute{Attributes: entityAttributes()})
}

// captureType and the like are the types of the endpoint's settings.
func captureType() types.ObjectType       { return objectType(captureAttribute()) }
func gatewayType() types.ObjectType       { return objectType(gatewayAttribute()) }
func telemetryType() types.ObjectType     { return objectType(telemetryAttribute()) }
func notificationsType() types.ObjectType { return objectType(notificationsAttribute()) }
func externalType() types.ObjectType      { return objectType(externalAttribute()) }

func objectType(a schema.SingleNestedAttribute) types.ObjectType {
	t := types.ObjectType{}
	if o, ok := a.GetType().(types.ObjectType); ok {
		t = o
	}
	return t
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
