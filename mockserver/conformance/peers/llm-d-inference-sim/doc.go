// Package llmdinferencesim pins llm-d-inference-sim, a look-alike of vLLM that nobody here wrote: the go.mod beside
// it names the program as a tool, so that the tests of the peers can build exactly this version, and nothing else
// depends on it.
package llmdinferencesim
