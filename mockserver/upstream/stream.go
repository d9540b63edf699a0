package upstream

import (
	"context"
	"errors"
	"io"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/wire"
)

// Stream hands out pieces as the upstream sends them. It is for one goroutine.
type Stream struct {
	reply  *reply // nil once it is settled
	frames wire.Frames
	codec  codec
	out    result
	told   int   // of its pieces
	err    error // what comes after the last piece
}

// generate makes the call of a generation. Plain answers become streams that are complete already.
func (c *caller) generate(ctx context.Context, x call, cd codec, r Request) (*Stream, error) {
	s := &Stream{codec: cd, out: result{texts: make([]textState, r.texts())}}
	if !x.stream {
		err := c.plain(ctx, x, func(body []byte) error {
			if err := cd.decode(body, &s.out); err != nil {
				return err
			}
			return s.out.end()
		})
		s.err = io.EOF
		return s, err
	}
	reply, err := c.do(ctx, x)
	if err != nil {
		return nil, err
	}
	s.reply, s.frames = reply, cd.frames(reply)
	return s, nil
}

// Next returns the next piece, and io.EOF when all texts have ended. A stream that breaks gives what came before it
// broke, then an *Error.
func (s *Stream) Next(ctx context.Context) (Piece, error) {
	for s.told == len(s.out.pieces) && s.err == nil {
		s.read(ctx)
	}
	if s.told == len(s.out.pieces) {
		return Piece{}, s.err
	}
	p := s.out.pieces[s.told]
	s.told++
	return p, nil
}

// read takes in one frame.
func (s *Stream) read(ctx context.Context) {
	if ctx != s.reply.parent {
		cancel := s.reply.cancel
		stop := context.AfterFunc(ctx, func() { cancel(ctx.Err()) })
		defer stop()
	}
	s.out.pieces, s.told = s.out.pieces[:0], 0
	frame, err := s.frames.Next()
	if err == nil {
		err = malformed(s.codec.event(frame, &s.out))
	}
	switch {
	case err == nil && !s.out.done:
		return
	case err == nil, errors.Is(err, io.EOF) && s.out.complete():
		err = s.out.end()
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	s.finish(err)
}

func (s *Stream) finish(err error) {
	s.err = s.reply.settle(err)
	s.reply = nil
	if s.err == nil {
		s.err = io.EOF
	}
}

// Usage counts the tokens as far as the upstream has told; most tell with the last frame.
func (s *Stream) Usage() api.Usage {
	u := s.out.usage
	u.TotalTokens = u.PromptTokens + u.CompletionTokens
	return u
}

// Close gives up what has not been read. Streams that ended need no closing.
func (s *Stream) Close() {
	if s.reply != nil {
		s.reply.cancel(context.Canceled)
		s.finish(context.Canceled)
		s.told = len(s.out.pieces)
	}
}
