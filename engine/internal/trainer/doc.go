// Command trainer makes the checkpoint that is embedded in the engine: it trains
// a byte-level BPE tokenizer and a tiny Llama on a corpus that the project wrote,
// and writes a Hugging Face directory. From the engine's directory:
//
//	go run ./internal/trainer -out checkpoint/default
//
// It needs nothing but Go, and its result is repeatable bit by bit: one seed, a
// fixed order of every sum, and no fused multiply-add, whatever the processor and
// the number of threads.
package main
