package api

import (
	"maps"
	"strings"
)

// EntitySettings holds the fields that served_entities and served_models share. Exactly one kind is meant:
// custom (workload or concurrency), provisioned throughput (tokens per second), model units, or external.
type EntitySettings struct {
	WorkloadSize              string            `json:"workload_size,omitempty"`
	WorkloadType              string            `json:"workload_type,omitempty"`
	ScaleToZeroEnabled        *bool             `json:"scale_to_zero_enabled,omitempty"`
	MinProvisionedConcurrency *int64            `json:"min_provisioned_concurrency,omitempty"` // concurrent requests, a multiple of 4
	MaxProvisionedConcurrency *int64            `json:"max_provisioned_concurrency,omitempty"`
	MinProvisionedThroughput  *int64            `json:"min_provisioned_throughput,omitempty"` // tokens per second, a multiple of the chunk size
	MaxProvisionedThroughput  *int64            `json:"max_provisioned_throughput,omitempty"`
	ProvisionedModelUnits     *int64            `json:"provisioned_model_units,omitempty"`
	BurstScalingEnabled       *bool             `json:"burst_scaling_enabled,omitempty"` // never echoed
	EnvironmentVars           map[string]string `json:"environment_vars,omitempty"`      // plain or {{secrets/scope/key}}
	InstanceProfileARN        string            `json:"instance_profile_arn,omitempty"`
}

// Clone returns a deep copy.
func (s EntitySettings) Clone() EntitySettings {
	s.ScaleToZeroEnabled = clonePtr(s.ScaleToZeroEnabled)
	s.MinProvisionedConcurrency = clonePtr(s.MinProvisionedConcurrency)
	s.MaxProvisionedConcurrency = clonePtr(s.MaxProvisionedConcurrency)
	s.MinProvisionedThroughput = clonePtr(s.MinProvisionedThroughput)
	s.MaxProvisionedThroughput = clonePtr(s.MaxProvisionedThroughput)
	s.ProvisionedModelUnits = clonePtr(s.ProvisionedModelUnits)
	s.BurstScalingEnabled = clonePtr(s.BurstScalingEnabled)
	s.EnvironmentVars = maps.Clone(s.EnvironmentVars)
	return s
}

// ServedEntityInput is one model behind an endpoint, as requests hold it.
type ServedEntityInput struct {
	Name          string         `json:"name,omitempty"`
	EntityName    string         `json:"entity_name,omitempty"` // catalog.schema.model in Unity Catalog
	EntityVersion Version        `json:"entity_version,omitempty"`
	ExternalModel *ExternalModel `json:"external_model,omitempty"`
	EntitySettings
}

// Clone returns a deep copy.
func (e ServedEntityInput) Clone() ServedEntityInput {
	e.ExternalModel = e.ExternalModel.Clone()
	e.EntitySettings = e.EntitySettings.Clone()
	return e
}

// ServedModelInput is the deprecated form of ServedEntityInput.
type ServedModelInput struct {
	Name         string  `json:"name,omitempty"`
	ModelName    string  `json:"model_name,omitempty"`
	ModelVersion Version `json:"model_version,omitempty"`
	EntitySettings
}

// Clone returns a deep copy.
func (m ServedModelInput) Clone() ServedModelInput {
	m.EntitySettings = m.EntitySettings.Clone()
	return m
}

// Entity is the same model in today's form.
func (m ServedModelInput) Entity() ServedEntityInput {
	return ServedEntityInput{
		Name: m.Name, EntityName: m.ModelName, EntityVersion: m.ModelVersion,
		EntitySettings: m.EntitySettings.Clone(),
	}
}

// ServedEntity is one model behind an endpoint, as answers show it. Plaintext secrets never stand here.
type ServedEntity struct {
	Name          string         `json:"name"`
	EntityName    string         `json:"entity_name,omitempty"`
	EntityVersion Version        `json:"entity_version,omitempty"`
	ExternalModel *ExternalModel `json:"external_model,omitempty"`
	EntitySettings
	FoundationModel   *FoundationModel `json:"foundation_model,omitempty"`
	CreationTimestamp int64            `json:"creation_timestamp,omitempty"` // epoch milliseconds
	Creator           string           `json:"creator,omitempty"`
	State             *EntityState     `json:"state,omitempty"`
}

// Clone returns a deep copy.
func (e ServedEntity) Clone() ServedEntity {
	e.ExternalModel = e.ExternalModel.Clone()
	e.EntitySettings = e.EntitySettings.Clone()
	e.FoundationModel = clonePtr(e.FoundationModel)
	e.State = clonePtr(e.State)
	return e
}

// Input is the request that would ask for this entity again, as far as answers tell.
func (e ServedEntity) Input() ServedEntityInput {
	return ServedEntityInput{
		Name: e.Name, EntityName: e.EntityName, EntityVersion: e.EntityVersion,
		ExternalModel:  e.ExternalModel.Clone(),
		EntitySettings: e.EntitySettings.Clone(),
	}
}

// ServedModel mirrors a ServedEntity under the deprecated names.
type ServedModel struct {
	Name          string         `json:"name"`
	ModelName     string         `json:"model_name,omitempty"`
	ModelVersion  Version        `json:"model_version,omitempty"`
	ExternalModel *ExternalModel `json:"external_model,omitempty"`
	EntitySettings
	FoundationModel   *FoundationModel `json:"foundation_model,omitempty"`
	CreationTimestamp int64            `json:"creation_timestamp,omitempty"`
	Creator           string           `json:"creator,omitempty"`
	State             *EntityState     `json:"state,omitempty"`
}

// Clone returns a deep copy.
func (m ServedModel) Clone() ServedModel {
	m.ExternalModel = m.ExternalModel.Clone()
	m.EntitySettings = m.EntitySettings.Clone()
	m.FoundationModel = clonePtr(m.FoundationModel)
	m.State = clonePtr(m.State)
	return m
}

// EntityState tells how far a served entity's deployment is, and why it failed.
type EntityState struct {
	Deployment             Deployment `json:"deployment"`
	DeploymentStateMessage string     `json:"deployment_state_message,omitempty"`
}

// FoundationModel describes a model that the platform provides.
type FoundationModel struct {
	Name        string `json:"name,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
	Description string `json:"description,omitempty"`
	Docs        string `json:"docs,omitempty"`
}

// DefaultEntityName is the name that the server gives an entity that comes without one: the last segment of
// the registered name, a dash and the version, as real answers show it (system.ai.x version 3 is x-3).
func DefaultEntityName(entityName string, version Version) string {
	base := entityName[strings.LastIndexByte(entityName, '.')+1:]
	if version == "" {
		return base
	}
	return base + "-" + string(version)
}

// DefaultExternalName is the same for an external model: its name with dots and colons as dashes.
func DefaultExternalName(model string) string {
	return strings.NewReplacer(".", "-", ":", "-").Replace(model)
}

// ResolvedName is the entity's name, given or by the server's rule.
func (e ServedEntityInput) ResolvedName() string {
	switch {
	case e.Name != "":
		return e.Name
	case e.ExternalModel != nil:
		return DefaultExternalName(e.ExternalModel.Name)
	default:
		return DefaultEntityName(e.EntityName, e.EntityVersion)
	}
}
