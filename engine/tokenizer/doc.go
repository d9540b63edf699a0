// Package tokenizer reads a Hugging Face tokenizer.json and turns text into
// token ids and back: byte-level BPE (GPT-2, Llama 3, Qwen2), BPE with metaspace
// and byte fallback (Llama 2, Mistral), WordPiece (BERT) and Unigram.
//
// It must not know of models or requests. A component that it does not know is an
// error when the file is read, never a silently different tokenisation.
package tokenizer
