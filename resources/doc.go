// Package resources holds every resource, data source and function of the provider: schemas, plan checks, and
// the way between Terraform's values and the wire.
//
// Null and unknown live only here: what leaves for the coordinator or the client are wire types, and what
// comes back are wire types. The package knows neither HTTP nor the mock server, and no batching: one resource
// hands one edit to the coordinator, which brings many of them into one write.
package resources
