// Package client speaks the serving API over HTTP: authentication, retries, and errors sorted into sentinels.
//
// It knows the wire types and nothing of Terraform, drafts or batches. Secrets pass through it and are never
// logged; a request's body and its authorization stay out of every message.
package client
