package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// engine answers for one model.
type engine struct {
	model string
	ready time.Time
	die   func()
	hang  chan struct{} // closed: health is never answered
}

// handler serves the routes that gateways ask engines for.
func (e *engine) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-e.hang:
			<-r.Context().Done()
		default:
		}
		if time.Now().Before(e.ready) {
			http.Error(w, "loading", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{"object": "list", "data": []any{map[string]any{"id": e.model, "object": "model"}}})
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "vllm:time_to_first_token_seconds_bucket{le=\"0.05\"} 3\nvllm:time_to_first_token_seconds_bucket{le=\"+Inf\"} 4\n"+
			"vllm:time_to_first_token_seconds_sum 0.5\nvllm:time_to_first_token_seconds_count 4\n")
	})
	mux.HandleFunc("POST /v1/chat/completions", e.chat)
	return mux
}

// chat says what it was asked, and where it runs. Three words are orders, and $NAME asks for a variable.
func (e *engine) chat(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Messages []struct {
			Content string `json:"content"`
		} `json:"messages"`
		Stream bool `json:"stream"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Messages) == 0 {
		http.Error(w, "no messages", http.StatusBadRequest)
		return
	}
	asked := q.Messages[len(q.Messages)-1].Content
	if name, ok := strings.CutPrefix(asked, "$"); ok {
		asked = os.Getenv(name)
	}
	switch asked {
	case "crash":
		e.die()
	case "hang":
		close(e.hang)
	case "pid":
		asked = fmt.Sprint(os.Getpid())
	}
	text := fmt.Sprintf("%s on GPU %s says: %s", e.model, os.Getenv("CUDA_VISIBLE_DEVICES"), asked)
	usage := map[string]any{"prompt_tokens": len(strings.Fields(asked)), "completion_tokens": 1, "total_tokens": 1 + len(strings.Fields(asked))}
	if !q.Stream {
		write(w, map[string]any{"choices": []any{map[string]any{"index": 0, "message": map[string]any{"role": "assistant", "content": text}, "finish_reason": "stop"}}, "usage": usage})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for _, frame := range []any{
		map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": text}, "finish_reason": "stop"}}},
		map[string]any{"choices": []any{}, "usage": usage},
	} {
		b, _ := json.Marshal(frame) // maps of strings and numbers
		_, _ = fmt.Fprintf(w, "data: %s\n\n", b)
	}
	_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client is gone
}
