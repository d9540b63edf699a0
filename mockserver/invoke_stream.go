package mockserver

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// eventStream is an answer in server-sent events: lines "data: " and a JSON frame, flushed one by one, the
// last one [DONE]. Nothing else stands in it, since mlflow's reader takes no other line.
type eventStream struct {
	answer
	ctx     context.Context
	cancel  context.CancelFunc
	query   query
	streams []tokenStream
	first   piece
}

// stream reads the first piece before it promises a 200, so that a backend's refusal keeps its status.
func (a answer) stream(ctx context.Context, q query, streams []tokenStream) (response, error) {
	first, err := streams[0].next(ctx)
	if err != nil {
		return nil, backendError(err)
	}
	return &eventStream{answer: a, ctx: ctx, query: q, streams: streams, first: first}, nil
}

func (e *eventStream) write(w http.ResponseWriter) error {
	defer e.cancel()
	defer func() { e.charge(usageOf(e.streams)) }()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set(api.ServedModelHeader, e.entity)
	w.WriteHeader(http.StatusOK)
	out := &eventWriter{w: w, flush: http.NewResponseController(w).Flush, buf: make([]byte, 0, answerSize)}
	frame := e.newFrame()
	started := map[int]bool{}
	base := 0
	for i, stream := range e.streams {
		p, err := e.first, error(nil)
		if i > 0 {
			p, err = stream.next(e.ctx)
		}
		for ; err == nil; p, err = stream.next(e.ctx) {
			index := base + p.choice
			if sendErr := out.completion(frame.of(p, index, !started[index])); sendErr != nil {
				return sendErr
			}
			started[index] = true
		}
		if !errors.Is(err, io.EOF) {
			// Clients of OpenAI's API take a frame for an error, and not for the end, by its field error.
			return out.json(asRefusal(backendError(err)).body(shapeOpenAI))
		}
		base += e.query.generations[i].n
	}
	if e.query.includeUsage {
		last := e.chunk()
		u := usageOf(e.streams)
		last.Usage = &u
		if err := out.completion(&last); err != nil {
			return err
		}
	}
	return out.done()
}

func (e *eventStream) chunk() api.Completion {
	f := e.frame(e.query.form)
	if e.query.form == formChat {
		f.Object = "chat.completion.chunk"
	}
	return f
}

// streamFrame is a frame that carries a piece. It is used again for each.
type streamFrame struct {
	api.Completion
	choice [1]api.Choice
	delta  api.Delta
	text   string
	finish string
	form   form
}

func (e *eventStream) newFrame() *streamFrame {
	return &streamFrame{Completion: e.chunk(), form: e.query.form}
}

func (f *streamFrame) of(p piece, index int, first bool) *api.Completion {
	f.text, f.finish = p.text, p.finish
	c := api.Choice{Index: index, Logprobs: logprobsOf(f.form, p.logprobs)}
	if f.finish != "" {
		c.FinishReason = &f.finish
	}
	if f.form == formChat {
		f.delta = api.Delta{Content: p.text}
		if first {
			f.delta.Role = "assistant"
		}
		c.Delta = &f.delta
	} else {
		c.Text = &f.text
	}
	f.choice[0] = c
	f.Choices = f.choice[:]
	return &f.Completion
}

// eventWriter writes frames and flushes each.
type eventWriter struct {
	w     io.Writer
	flush func() error
	buf   []byte
}

func (e *eventWriter) completion(c *api.Completion) error {
	e.buf = appendCompletion(append(e.buf[:0], "data: "...), c)
	return e.end()
}

func (e *eventWriter) json(v any) error {
	e.buf = append(append(e.buf[:0], "data: "...), marshal(v)...)
	return e.end()
}

func (e *eventWriter) done() error {
	e.buf = append(e.buf[:0], "data: [DONE]"...)
	return e.end()
}

// end sends what stands in the buffer as a frame.
func (e *eventWriter) end() error {
	e.buf = append(e.buf, '\n', '\n')
	if _, err := e.w.Write(e.buf); err != nil {
		return err
	}
	return e.flush()
}
