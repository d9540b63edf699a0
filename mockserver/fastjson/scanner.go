package fastjson

// Scanner walks over a document from left to right. Once it gives up it returns zero values and ends every loop.
//
//	for more := s.Open('{'); more; more = s.More('}') {
//		switch string(s.Key()) { … }
//	}
type Scanner struct {
	data   []byte
	at     int
	depth  int
	gaveUp bool
}

// NewScanner walks over data, which must not change meanwhile.
func NewScanner(data []byte) Scanner { return Scanner{data: data} }

// GiveUp leaves the document to somebody else.
func (s *Scanner) GiveUp() { s.gaveUp = true }

// End reports whether the whole document was read, and nothing follows.
func (s *Scanner) End() bool { return s.Peek() == 0 && s.at == len(s.data) && !s.gaveUp }

// Peek is the first byte of what comes next; 0 at the end.
func (s *Scanner) Peek() byte {
	for ; s.at < len(s.data) && !s.gaveUp; s.at++ {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take reads one byte, if it is c.
func (s *Scanner) take(c byte) bool {
	if s.Peek() != c {
		return false
	}
	s.at++
	return true
}

func (s *Scanner) expect(c byte) {
	if !s.take(c) {
		s.gaveUp = true
	}
}

// Open reads the beginning of an object or an array, and reports whether it has a member.
func (s *Scanner) Open(bracket byte) bool {
	s.expect(bracket)
	if s.gaveUp {
		return false
	}
	return !s.take(bracket + 2) // } follows { by two in ASCII, as ] does [
}

// More reads what follows a member, and reports whether it is another one.
func (s *Scanner) More(bracket byte) bool {
	if s.take(',') {
		return true
	}
	s.expect(bracket)
	return false
}

// Key reads the name of an object's member. Names with other bytes than most have are left to encoding/json, which
// looks past the case of letters.
func (s *Scanner) Key() []byte {
	s.expect('"')
	start := s.at
	for ; s.at < len(s.data) && !s.gaveUp; s.at++ {
		switch c := s.data[s.at]; {
		case c >= 'a' && c <= 'z', c == '_', c >= '0' && c <= '9':
		case c == '"':
			key := s.data[start:s.at]
			s.at++
			s.expect(':')
			return key
		default:
			s.gaveUp = true
		}
	}
	s.gaveUp = true
	return nil
}

// Null reads null, if it comes next.
func (s *Scanner) Null() bool { return s.Peek() == 'n' && s.literal("null") }

// Bool reads true or false.
func (s *Scanner) Bool() bool {
	if s.Peek() == 't' {
		return s.literal("true")
	}
	s.literal("false")
	return false
}

// literal reads a word whose first letter was seen.
func (s *Scanner) literal(word string) bool {
	if s.gaveUp || len(s.data)-s.at < len(word) || string(s.data[s.at:s.at+len(word)]) != word {
		s.gaveUp = true
		return false
	}
	s.at += len(word)
	return true
}

// Skip reads any value, and forgets it.
func (s *Scanner) Skip() {
	if s.depth++; s.depth > maxDepth {
		s.gaveUp = true
	}
	switch s.Peek() {
	case '{':
		for more := s.Open('{'); more; more = s.More('}') {
			s.skipText()
			s.expect(':')
			s.Skip()
		}
	case '[':
		for more := s.Open('['); more; more = s.More(']') {
			s.Skip()
		}
	case '"':
		s.skipText()
	case 't', 'f':
		s.Bool()
	case 'n':
		s.Null()
	default:
		s.number()
	}
	s.depth--
}

// maxDepth bounds the recursion of Skip.
const maxDepth = 64
