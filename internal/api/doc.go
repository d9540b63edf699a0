// Package api holds the wire of the serving API: request and response types, enums, paths and the error body.
//
// It is the only definition of the wire; the client and the mock server share it, and contract goldens hold it
// against documented bytes, so that a wrong tag cannot round-trip unseen. It knows nothing of HTTP clients,
// servers, Terraform or engines, and imports the standard library alone.
//
// Optional scalars are pointers, because null, zero and a value are three different requests. Types have value
// semantics; those that hold maps, slices or pointers have an explicit Clone.
package api
