package fastjson

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a string.
func (s *Scanner) Text() string {
	s.expect('"')
	var before []byte // the text up to the last escape
	begin, start, wide := s.at, s.at, false
	for ; s.at < len(s.data) && !s.gaveUp; s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			last := s.data[start:s.at]
			if wide && !utf8.Valid(s.data[begin:s.at]) {
				s.gaveUp = true
			}
			s.at++
			if before == nil {
				return string(last)
			}
			return string(append(before, last...))
		case c == '\\':
			before = append(before, s.data[start:s.at]...)
			before = s.escape(before)
			start = s.at + 1
		case c < ' ':
			s.gaveUp = true
		case c >= utf8.RuneSelf:
			wide = true
		}
	}
	s.gaveUp = true
	return ""
}

// escape appends what an escape stands for, and stops at its last byte. Pairs of surrogates are given up.
func (s *Scanner) escape(to []byte) []byte {
	s.at++
	if s.at >= len(s.data) {
		s.gaveUp = true
		return to
	}
	switch c := s.data[s.at]; c {
	case '"', '\\', '/':
		return append(to, c)
	case 'b':
		return append(to, '\b')
	case 'f':
		return append(to, '\f')
	case 'n':
		return append(to, '\n')
	case 'r':
		return append(to, '\r')
	case 't':
		return append(to, '\t')
	case 'u':
		if len(s.data)-s.at > 4 {
			r, err := strconv.ParseUint(string(s.data[s.at+1:s.at+5]), 16, 16)
			if err == nil && !utf16.IsSurrogate(rune(r)) {
				s.at += 4
				return utf8.AppendRune(to, rune(r))
			}
		}
	}
	s.gaveUp = true
	return to
}

// skipText reads a string whose bytes do not matter.
func (s *Scanner) skipText() {
	s.expect('"')
	var none [utf8.UTFMax]byte
	for ; s.at < len(s.data) && !s.gaveUp; s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return
		case c == '\\':
			s.escape(none[:0])
		case c < ' ':
			s.gaveUp = true
		}
	}
	s.gaveUp = true
}

// Int reads a whole number without fraction and exponent.
func (s *Scanner) Int() int64 {
	n, err := strconv.ParseInt(string(s.number()), 10, 64)
	if err != nil {
		s.gaveUp = true
	}
	return n
}

// Float reads a number.
func (s *Scanner) Float() float64 {
	f, err := strconv.ParseFloat(string(s.number()), 64)
	if err != nil {
		s.gaveUp = true
	}
	return f
}

// number finds a number's end, by the grammar of JSON.
func (s *Scanner) number() []byte {
	first := s.Peek()
	start := s.at
	if first == '-' {
		s.at++
	}
	whole := s.at
	if s.digits() == 0 || s.data[whole] == '0' && s.at > whole+1 {
		s.gaveUp = true
		return nil
	}
	if s.next('.') && s.digits() == 0 {
		s.gaveUp = true
	}
	if s.next('e') || s.next('E') {
		_ = s.next('+') || s.next('-')
		if s.digits() == 0 {
			s.gaveUp = true
		}
	}
	return s.data[start:s.at]
}

func (s *Scanner) next(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *Scanner) digits() (n int) {
	for ; s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9'; s.at++ {
		n++
	}
	return n
}
