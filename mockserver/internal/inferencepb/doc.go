// Package inferencepb holds TorchServe's gRPC inference API: messages, client and server, generated from
// inference.proto. Nothing but that is here.
package inferencepb

//go:generate go -C gen run . ..
