// Package llmapi answers as LLM-API on TorchServe does, from the engine: the inference, management and metrics APIs
// over HTTP, and the inference API over gRPC. It is configured as LLM-API is, by environment variables and a
// config.properties, so that its clients can be tried where there is neither TorchServe nor a GPU.
//
// Requests for a model wait until a worker has a batch of them, and go to the engine together; a text is handed out
// as it is generated and ends with the end-of-stream token.
//
// It must not know of endpoints, workspaces or the serving API.
package llmapi
