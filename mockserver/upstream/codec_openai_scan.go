package upstream

import (
	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/fastjson"
)

// scannedTexts is how many texts an answer may hold that is read in one pass.
const scannedTexts = 4

// openAIScan reads answers and frames as nearly all servers write them. What it gives up is decoded as any other.
type openAIScan struct {
	fastjson.Scanner
	pieces  [scannedTexts]Piece
	n       int // of them
	choices bool
	usage   api.Usage
	counted bool
}

// read takes in data, and reports whether it could.
func (s *openAIScan) read(data []byte, out *result) (bool, error) {
	s.Scanner = fastjson.NewScanner(data)
	for more := s.Open('{'); more; more = s.More('}') {
		switch string(s.Key()) {
		case "choices":
			s.texts()
		case "usage":
			s.tokens()
		case "error":
			if !s.Null() {
				s.GiveUp()
			}
		default:
			s.Skip()
		}
	}
	if !s.End() || !s.choices && !s.counted {
		return false, nil
	}
	if s.counted {
		out.count(s.usage.PromptTokens, s.usage.CompletionTokens)
	}
	for i := range s.n {
		if err := out.add(s.pieces[i]); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (s *openAIScan) texts() {
	if s.choices {
		s.GiveUp() // the second list adds to the first
	}
	s.choices = true
	for more := s.Open('['); more; more = s.More(']') {
		if s.n == scannedTexts {
			s.GiveUp()
			return
		}
		s.pieces[s.n] = s.piece()
		s.n++
	}
}

func (s *openAIScan) piece() (p Piece) {
	var message, delta string
	for more := s.Open('{'); more; more = s.More('}') {
		switch string(s.Key()) {
		case "index":
			p.Choice = int(s.Int())
		case "message":
			message = s.content(message)
		case "delta":
			delta = s.content(delta)
		case "text":
			s.text(&p.Text)
		case "finish_reason":
			s.text(&p.Finish)
		case "logprobs":
			if !s.Null() {
				s.GiveUp()
			}
		default:
			s.Skip()
		}
	}
	p.Text += message + delta
	return p
}

// content is that of a message or a delta; before is what an earlier one of the same name said.
func (s *openAIScan) content(before string) string {
	if s.Null() {
		return ""
	}
	for more := s.Open('{'); more; more = s.More('}') {
		if string(s.Key()) == "content" {
			s.text(&before)
		} else {
			s.Skip()
		}
	}
	return before
}

// text reads a string. Null leaves what was there.
func (s *openAIScan) text(to *string) {
	if !s.Null() {
		*to = s.Text()
	}
}

func (s *openAIScan) tokens() {
	if s.counted = !s.Null(); !s.counted {
		s.usage = api.Usage{}
		return
	}
	for more := s.Open('{'); more; more = s.More('}') {
		switch string(s.Key()) {
		case "prompt_tokens":
			s.usage.PromptTokens = int(s.Int())
		case "completion_tokens":
			s.usage.CompletionTokens = int(s.Int())
		case "total_tokens":
			s.usage.TotalTokens = int(s.Int())
		default:
			s.Skip()
		}
	}
}
