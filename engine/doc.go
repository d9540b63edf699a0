// Package engine turns text into text, embeddings and token streams. It loads a
// checkpoint (Hugging Face or MLflow directory, or the tiny one embedded in the
// binary), batches all running requests into one forward pass a step, and
// streams what each step adds.
//
// It must not know of HTTP, endpoints or Terraform. Servers adapt it; it can be
// used without any of them:
//
//	e, err := engine.Default(engine.Options{})
//	s, err := e.Submit(ctx, engine.Request{Prompt: "Hello", MaxTokens: 16})
//	for {
//		ev, err := s.Next(ctx) // io.EOF when all choices finished
//	}
//
// A step is: schedule, forward, sample, commit. The scheduler and the KV cache's
// accounting hold no tensors; the backend holds nothing else.
package engine
