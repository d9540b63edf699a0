package engine_test

import (
	"context"
	"fmt"

	"github.com/inference-iac/terraform-provider-inference/engine"
)

func Example() {
	ctx := context.Background()
	e, err := engine.Default(engine.Options{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = e.Close() }()
	s, err := e.Submit(ctx, engine.Request{
		Messages: []engine.Message{{Role: "user", Content: "What is continuous batching?"}},
		Stop:     []string{". Nobody"},
	})
	if err != nil {
		panic(err)
	}
	for {
		ev, err := s.Next(ctx)
		if err != nil { // io.EOF: all choices have finished
			break
		}
		fmt.Print(ev.Text)
	}
	fmt.Println("\ntokens:", s.Usage().CompletionTokens > 0)
	// Output:
	// With continuous batching, requests join and leave the batch at every step
	// tokens: true
}
