// Package model reads checkpoints (config.json, safetensors; a Hugging Face or an
// MLflow directory) and runs the forward pass of the families that it knows. It
// must not know of requests, sampling or scheduling: it sees flat rows of
// (token, position, blocks).
//
// Checkpoints are foreign data. Truncated, inconsistent or hostile files give an
// error that names the file; sizes are checked before anything is allocated.
package model
