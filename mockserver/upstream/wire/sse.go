package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// SSE reads server-sent events, as the HTML standard defines them: lines "field: value", an event ends with an
// empty line, lines that start with a colon are comments. Anything else is malformed, although the standard would
// skip it: from an inference server it is a broken frame.
type SSE struct {
	in    *bufio.Reader
	data  []byte
	line  []byte
	begun bool // at the first line a byte-order mark may stand
}

// NewSSE reads events from r.
func NewSSE(r io.Reader) *SSE { return &SSE{in: bufio.NewReaderSize(r, 2<<10)} }

// Next returns the next event that has data.
func (s *SSE) Next() (Frame, error) {
	name, has := "", false
	s.data = s.data[:0]
	for {
		line, err := s.readLine()
		if errors.Is(err, io.EOF) && has {
			return Frame{Name: name, Data: s.data}, nil // the last empty line is often left out
		}
		if err != nil {
			return Frame{}, err
		}
		if len(line) == 0 {
			if has {
				return Frame{Name: name, Data: s.data}, nil
			}
			name = ""
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "", "id", "retry":
		case "event":
			name = string(value)
		case "data":
			if has {
				s.data = append(s.data, '\n')
			}
			if len(s.data)+len(value) > maxFrame {
				return Frame{}, fmt.Errorf("%w: an event exceeds %d bytes", ErrMalformed, maxFrame)
			}
			s.data = append(s.data, value...)
			has = true
		default:
			return Frame{}, fmt.Errorf("%w: a line is no field of an event", ErrMalformed)
		}
	}
}

// readLine returns a line without its end. A line that the stream's end cuts is an unexpected end.
func (s *SSE) readLine() ([]byte, error) {
	s.line = s.line[:0]
	for {
		part, err := s.in.ReadSlice('\n')
		s.line = append(s.line, part...)
		switch {
		case err == nil:
			line := bytes.TrimSuffix(bytes.TrimSuffix(s.line, []byte("\n")), []byte("\r"))
			if !s.begun {
				s.begun = true
				line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
			}
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull) && len(s.line) <= maxFrame:
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("%w: a line exceeds %d bytes", ErrMalformed, maxFrame)
		case errors.Is(err, io.EOF) && len(s.line) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}
