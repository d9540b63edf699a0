// Package sample picks the next token from logits and cuts text at stop strings.
// It must not know of models, tokenizers or sequences. Randomness is a pure
// function of (seed, choice, output index), so that nothing that happens around a
// sequence can change what it draws.
package sample
