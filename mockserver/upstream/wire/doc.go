// Package wire cuts the bodies of streamed answers into frames: server-sent events, Amazon's binary event stream,
// and plain text that ends with a marker.
//
// It bounds every frame, tells a clean end (io.EOF) from a cut one (io.ErrUnexpectedEOF), and starts no goroutine.
// It knows nothing of what frames mean.
package wire
