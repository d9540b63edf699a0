// Package conformance drives the mock server with clients of the real API that nobody here wrote: the Go SDK
// of Databricks, two Go clients of OpenAI's API, and the request shapes of MLflow's deployments client.
//
// It is a module of its own, so that these clients are nobody's dependency. It must not know the server's
// inside: what a test needs comes over HTTP or from the library's constructors.
package conformance
