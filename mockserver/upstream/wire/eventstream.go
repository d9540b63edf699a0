package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The layout of a message of application/vnd.amazon.eventstream: a prelude of total length, header length and
// their CRC-32; headers; the payload; the CRC-32 of all that. Numbers are big-endian.
const (
	preludeSize  = 12
	trailerSize  = 4
	headerString = 7 // the value type of strings; the only one that the services use in their events
)

// EventStream reads messages of Amazon's binary event stream. A frame's name is its :event-type; for exceptions it
// is "exception:" and the :exception-type, for errors "error:" and the :error-code.
type EventStream struct {
	in  io.Reader
	buf []byte
}

// NewEventStream reads messages from r.
func NewEventStream(r io.Reader) *EventStream { return &EventStream{in: r} }

// Next returns the next message.
func (s *EventStream) Next() (Frame, error) {
	var prelude [preludeSize]byte
	if _, err := io.ReadFull(s.in, prelude[:]); err != nil {
		return Frame{}, err
	}
	total, headers := binary.BigEndian.Uint32(prelude[0:]), binary.BigEndian.Uint32(prelude[4:])
	if binary.BigEndian.Uint32(prelude[8:]) != crc32.ChecksumIEEE(prelude[:8]) {
		return Frame{}, fmt.Errorf("%w: wrong checksum of a prelude", ErrMalformed)
	}
	if total > maxFrame || uint64(total) < uint64(headers)+preludeSize+trailerSize {
		return Frame{}, fmt.Errorf("%w: impossible length of a message", ErrMalformed)
	}
	if cap(s.buf) < int(total) {
		s.buf = make([]byte, total)
	}
	message := s.buf[:total]
	copy(message, prelude[:])
	if _, err := io.ReadFull(s.in, message[preludeSize:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, err
	}
	end := len(message) - trailerSize
	if binary.BigEndian.Uint32(message[end:]) != crc32.ChecksumIEEE(message[:end]) {
		return Frame{}, fmt.Errorf("%w: wrong checksum of a message", ErrMalformed)
	}
	name, err := messageName(message[preludeSize : preludeSize+headers])
	return Frame{Name: name, Data: message[preludeSize+headers : end]}, err
}

// messageName reads the headers that say what a message is.
func messageName(b []byte) (string, error) {
	values := map[string]string{}
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < n+4 || b[n+1] != headerString {
			return "", fmt.Errorf("%w: a header is cut or no string", ErrMalformed)
		}
		name, size := string(b[1:n+1]), int(binary.BigEndian.Uint16(b[n+2:]))
		b = b[n+4:]
		if len(b) < size {
			return "", fmt.Errorf("%w: a header is cut", ErrMalformed)
		}
		values[name], b = string(b[:size]), b[size:]
	}
	switch values[":message-type"] {
	case "exception":
		return "exception:" + values[":exception-type"], nil
	case "error":
		return "error:" + values[":error-code"], nil
	}
	return values[":event-type"], nil
}
