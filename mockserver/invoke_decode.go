package mockserver

import (
	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/fastjson"
)

// invoking adapts an invocation. Bodies as nearly all clients send them are read in one pass; what that pass gives
// up, and what is wrong, is left to the strict decoder that all routes share.
func invoking(f func(*Server, *exchange, api.Invocation) (response, error)) action {
	general := taking(f)
	return func(s *Server, x *exchange) (response, error) {
		if v, ok := scanInvocation(x.body); ok {
			return f(s, x, v)
		}
		return general(s, x)
	}
}

// scanInvocation reads the shapes of language models: chats, completions and embeddings.
func scanInvocation(body []byte) (v api.Invocation, ok bool) {
	s := fastjson.NewScanner(body)
	for more := s.Open('{'); more; more = s.More('}') {
		switch key := s.Key(); string(key) {
		case "messages":
			v.Messages = scanMessages(&s)
		case "model":
			v.Model = s.Text()
		case "prompt":
			v.Prompt = scanStrings(&s)
		case "input":
			v.Input = scanStrings(&s)
		case "stream":
			v.Stream = s.Bool()
		case "stream_options":
			if v.StreamOptions != nil {
				s.GiveUp() // the second one adds to the first
			}
			v.StreamOptions = scanStreamOptions(&s)
		case "max_completion_tokens":
			v.MaxCompletionTokens = scanInt(&s)
		case "frequency_penalty":
			v.FrequencyPenalty = scanFloat(&s)
		case "presence_penalty":
			v.PresencePenalty = scanFloat(&s)
		case "user":
			v.User = s.Text()
		case "encoding_format":
			v.EncodingFormat = s.Text()
		case "client_request_id":
			v.ClientRequestID = s.Text()
		default:
			scanGeneration(&s, key, &v.Generation)
		}
	}
	return v, s.End()
}

func scanGeneration(s *fastjson.Scanner, key []byte, g *api.Generation) {
	switch string(key) {
	case "max_tokens":
		g.MaxTokens = scanInt(s)
	case "temperature":
		g.Temperature = scanFloat(s)
	case "top_p":
		g.TopP = scanFloat(s)
	case "top_k":
		g.TopK = scanInt(s)
	case "n":
		g.N = scanInt(s)
	case "seed":
		n := s.Int()
		g.Seed = &n
	case "stop":
		g.Stop = scanStrings(s)
	case "logprobs":
		g.Logprobs = &api.Logprobs{Enabled: s.Bool()}
	case "top_logprobs":
		g.TopLogprobs = scanInt(s)
	default:
		s.GiveUp()
	}
}

// scanMessages reads turns that have a role and a plain text.
func scanMessages(s *fastjson.Scanner) []api.ChatMessage {
	out := make([]api.ChatMessage, 0, 4)
	for more := s.Open('['); more; more = s.More(']') {
		var m api.ChatMessage
		for more := s.Open('{'); more; more = s.More('}') {
			switch string(s.Key()) {
			case "role":
				m.Role = s.Text()
			case "content":
				m.Content = s.Text()
			default:
				s.GiveUp()
			}
		}
		out = append(out, m)
	}
	return out
}

// scanStrings reads a string or a list of strings.
func scanStrings(s *fastjson.Scanner) *api.StringList {
	if s.Peek() == '"' {
		return &api.StringList{Values: []string{s.Text()}, Single: true}
	}
	l := &api.StringList{Values: []string{}}
	for more := s.Open('['); more; more = s.More(']') {
		l.Values = append(l.Values, s.Text())
	}
	return l
}

func scanStreamOptions(s *fastjson.Scanner) *api.StreamOptions {
	o := &api.StreamOptions{}
	for more := s.Open('{'); more; more = s.More('}') {
		if string(s.Key()) != "include_usage" {
			s.GiveUp()
		}
		o.IncludeUsage = s.Bool()
	}
	return o
}

func scanInt(s *fastjson.Scanner) *int {
	n := int(s.Int())
	return &n
}

func scanFloat(s *fastjson.Scanner) *float64 {
	f := s.Float()
	return &f
}
