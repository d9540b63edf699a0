// Package peers puts engines and providers that nobody here wrote behind the mock server: llm-d-inference-sim, which
// looks like vLLM, and AIMock, which looks like OpenAI, Anthropic, Cohere, Amazon Bedrock and Google. OpenAI's Go
// client asks the mock server; Anthropic's asks AIMock itself, so that what it sends and understands can be compared
// with what the mock server does. grpc-js is a client of the LLM-API that the mock server answers as.
//
// The peers are programs of their own, on 127.0.0.1 alone. Where one cannot be had its tests are skipped with a line
// that says why. It must not know the server's inside: what a test needs comes over HTTP or from the library's
// constructors.
package peers
