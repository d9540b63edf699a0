// Package standin is an inference engine that needs no GPU: it speaks the OpenAI protocol, answers with what it was
// asked and the GPUs that it was given, and misbehaves as it is told. Tests and examples run it in the place of vLLM
// and its kin, as tools/standin or as a test binary that executes itself.
//
// It knows nothing of the mock server.
package standin
