package upstream

import (
	"context"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

// Backend is a model that is served elsewhere. It is safe for concurrent use.
type Backend interface {
	// Generate starts a generation. The stream holds a connection until it has ended, ctx has, or it is closed.
	Generate(ctx context.Context, r Request, keys KeyFunc) (*Stream, error)
	// Embed returns a vector for each input, in order.
	Embed(ctx context.Context, inputs []string, keys KeyFunc) (Embeddings, error)
	// Ready says why the model cannot answer now; nil if it can, or if asking would cost money.
	Ready(ctx context.Context, keys KeyFunc) error
	// Close gives idle connections back.
	Close()
}

// KeyFunc looks a key up while a call is being made: for external models name is the secret's field in the provider
// block, as "openai_api_key" or "api_key_auth.value"; for engines it is the reference in their configuration.
type KeyFunc func(ctx context.Context, name string) (string, error)

// Request asks for N texts that continue Messages or, where there are none, Prompt.
type Request struct {
	Prompt      string
	Messages    []api.ChatMessage
	MaxTokens   int     // per text; 0: as the upstream likes
	Temperature float64 // 0 to 2, as in the serving API; scaled for providers with another range
	TopP        float64 // 0 and 1: all
	TopK        int     // 0: all
	Seed        *int64  // nil: none; not sent where the upstream takes none
	Stop        []string
	N           int // 0 counts as 1
	Logprobs    bool
	TopLogprobs int
	Stream      bool // have the upstream send text as it is generated
}

// texts is how many texts are asked for.
func (r Request) texts() int { return max(r.N, 1) }

// turns is the request as a chat.
func (r Request) turns() []api.ChatMessage {
	if len(r.Messages) > 0 {
		return r.Messages
	}
	return []api.ChatMessage{{Role: "user", Content: r.Prompt}}
}

// dialogue splits the turns into what the system says and what the others do.
func (r Request) dialogue() (system string, turns []api.ChatMessage) {
	for _, m := range r.turns() {
		switch {
		case m.Role != "system":
			turns = append(turns, m)
		case system == "":
			system = m.Content
		default:
			system += "\n\n" + m.Content
		}
	}
	return system, turns
}

// roleNames translates the roles of turns.
func roleNames(turns []api.ChatMessage, assistant string) []string {
	out := make([]string, len(turns))
	for i, m := range turns {
		out[i] = m.Role
		if m.Role == "assistant" {
			out[i] = assistant
		}
	}
	return out
}

// nucleus is TopP where it narrows anything; nil otherwise.
func (r Request) nucleus() *float64 {
	if r.TopP <= 0 || r.TopP >= 1 {
		return nil
	}
	return &r.TopP
}

// Piece is what one frame adds to one text.
type Piece struct {
	Choice   int
	Text     string
	Logprobs []api.TokenLogprob
	Finish   string // stop, length, content_filter or tool_calls with the last piece of a text
}

// Embeddings holds a vector per input, and the number of tokens in all.
type Embeddings struct {
	Vectors [][]float32
	Tokens  int
}

// features tells which parameters an upstream takes. Asking for another is refused, the seed apart: nobody promises
// that it works, so it is left out.
type features struct {
	n        bool
	topK     bool
	seed     bool
	logprobs bool
	noStop   bool
	maxTemp  float64 // the end of the temperature's range; 0: 2, as in the serving API
}

// fit refuses what the upstream cannot do and adapts the rest.
func (f features) fit(r Request) (Request, error) {
	for _, rule := range []struct {
		bad   bool
		field string
	}{
		{r.texts() > 1 && !f.n, "n above 1"},
		{r.TopK > 0 && !f.topK, "top_k"},
		{r.Logprobs && !f.logprobs, "logprobs"},
		{len(r.Stop) > 0 && f.noStop, "stop"},
	} {
		if rule.bad {
			return r, &Error{Kind: ErrUnsupported, Message: "it does not take " + rule.field}
		}
	}
	if !f.seed {
		r.Seed = nil
	}
	if f.maxTemp > 0 {
		r.Temperature *= f.maxTemp / 2
	}
	return r, nil
}
