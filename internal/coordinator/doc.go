// Package coordinator turns the edits of many Terraform resources into as few config updates as possible.
//
// The API has one PUT that replaces an endpoint's whole config, refuses another while an update rolls out, and
// a rollout takes minutes to hours. Each endpoint therefore has a lane: a queue, and at most one goroutine,
// which folds everything that waits into one document. Reads of one endpoint are shared too, and so is the
// poll loop of those who wait for a rollout.
//
// The package knows the draft and the wire, and neither HTTP nor Terraform. A Coordinator belongs to one
// provider configuration.
package coordinator
