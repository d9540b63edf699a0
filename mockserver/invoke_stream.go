package mockserver

import (
	"context"
	"encoding/json"
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
	out := &eventWriter{w: w, flush: http.NewResponseController(w).Flush}
	started := map[int]bool{}
	base := 0
	for i, stream := range e.streams {
		p, err := e.first, error(nil)
		if i > 0 {
			p, err = stream.next(e.ctx)
		}
		for ; err == nil; p, err = stream.next(e.ctx) {
			index := base + p.choice
			if sendErr := out.json(e.frameOf(p, index, !started[index])); sendErr != nil {
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
		if err := out.json(last); err != nil {
			return err
		}
	}
	return out.line([]byte("[DONE]"))
}

func (e *eventStream) chunk() api.Completion {
	f := e.frame(e.query.form)
	if e.query.form == formChat {
		f.Object = "chat.completion.chunk"
	}
	return f
}

func (e *eventStream) frameOf(p piece, index int, first bool) api.Completion {
	f := e.chunk()
	c := api.Choice{Index: index, Logprobs: logprobsOf(e.query.form, p.logprobs)}
	if p.finish != "" {
		c.FinishReason = &p.finish
	}
	if e.query.form == formChat {
		c.Delta = &api.Delta{Content: p.text}
		if first {
			c.Delta.Role = "assistant"
		}
	} else {
		c.Text = &p.text
	}
	f.Choices = append(f.Choices, c)
	return f
}

// eventWriter writes frames and flushes each.
type eventWriter struct {
	w     io.Writer
	flush func() error
}

func (e *eventWriter) json(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.line(b)
}

func (e *eventWriter) line(b []byte) error {
	frame := append(append([]byte("data: "), b...), '\n', '\n')
	if _, err := e.w.Write(frame); err != nil {
		return err
	}
	return e.flush()
}
