package wire

import "errors"

// ErrMalformed is the kind of frames that break their format.
var ErrMalformed = errors.New("malformed stream")

// maxFrame bounds a frame in bytes: far above any real one, far below what hurts.
const maxFrame = 1 << 20

// Frame is one event of a stream.
type Frame struct {
	Name string // of the event; empty where the format has none
	Data []byte // valid until the next frame is read
}

// Frames reads frames one by one. Next returns io.EOF at the end of a whole stream, io.ErrUnexpectedEOF where one
// was cut within a frame, and ErrMalformed for what is not of the format.
type Frames interface {
	Next() (Frame, error)
}
