package sample

import "strings"

// Stopper cuts a text at the stop string that is complete first, or of those that
// end together at the one that begins first: then it does not matter where token
// borders fall. It holds back the end of the text while that could still become a
// stop string.
type Stopper struct {
	stops []string
	held  string
}

// NewStopper stops at any of the strings; empty ones are ignored.
func NewStopper(stops []string) *Stopper {
	s := &Stopper{}
	for _, x := range stops {
		if x != "" {
			s.stops = append(s.stops, x)
		}
	}
	return s
}

// Push adds text and returns what can no longer be part of a stop string, and
// whether one was found. After that nothing more comes.
func (s *Stopper) Push(text string) (out string, stopped bool) {
	s.held += text
	cut, end := -1, 0
	for _, x := range s.stops {
		i := strings.Index(s.held, x)
		if i < 0 || cut >= 0 && (i+len(x) > end || i+len(x) == end && i > cut) {
			continue
		}
		cut, end = i, i+len(x)
	}
	if cut >= 0 {
		out, s.held = s.held[:cut], ""
		return out, true
	}
	keep := 0
	for _, x := range s.stops {
		for n := min(len(x)-1, len(s.held)); n > keep; n-- {
			if strings.HasSuffix(s.held, x[:n]) {
				keep = n
			}
		}
	}
	out, s.held = s.held[:len(s.held)-keep], s.held[len(s.held)-keep:]
	return out, false
}

// Flush returns what was held back, because no more text comes.
func (s *Stopper) Flush() string {
	out := s.held
	s.held = ""
	return out
}
