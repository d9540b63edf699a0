package llmapi

import (
	"context"
	"errors"
	"io"
)

// prediction is one request of the inference API.
type prediction struct {
	model, version string // version is empty where the request names none
	input          input
	alone          bool // of a gRPC stream
}

// predict hands the pieces of a text to send as they are generated, and the end-of-stream token when it is
// complete. Errors are faults, or the caller's own.
func (s *Server) predict(ctx context.Context, p prediction, send func(text string) error) error {
	m, err := s.find(p.model, p.version)
	if err != nil {
		return err
	}
	s.metrics.request(p.model, p.version)
	g, err := p.input.read(s.settings.Generation, m.generator.describe().hidden)
	if err != nil {
		return err
	}
	if g.sampling.seed == nil {
		seed := s.options.Random()
		g.sampling.seed = &seed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	j, err := m.submit(ctx, g, p.alone)
	if err != nil {
		return err
	}
	rest := s.settings.MaxResponse
	for {
		text, err := j.next()
		last := errors.Is(err, io.EOF)
		if last {
			text = s.settings.Generation.EndOfStream
		} else if err != nil {
			return err
		}
		if rest -= int64(len(text)); rest < 0 {
			return faultf(internalError, "Worker died. The response exceeds max_response_size (%d bytes).", s.settings.MaxResponse)
		}
		if err := send(text); err != nil {
			return err
		}
		if last {
			s.metrics.answered(p.model, p.version, j.queued(), s.options.Clock().Sub(j.arrived))
			return nil
		}
	}
}

// asFault makes a fault of any error; what is no fault of the request is internal.
func asFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	return faultf(internalError, "%s", err)
}
