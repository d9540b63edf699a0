package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Version is a model version. Documents send it as a number, servers answer with a string; both decode.
type Version string

// UnmarshalJSON accepts a JSON string, a whole, non-negative JSON number, or null, which leaves v as it is.
func (v *Version) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(v))
	}
	n, err := strconv.ParseUint(string(b), 10, 63)
	if err != nil {
		return fmt.Errorf("version must be a string or a whole number, got %s", b)
	}
	*v = Version(strconv.FormatUint(n, 10))
	return nil
}

// Percent is an integer share of traffic, 0 to 100. Documents show it as a number and as a string; both decode.
type Percent int

// UnmarshalJSON accepts a whole JSON number, bare or in a string. The range is a rule of the server, not of the wire.
func (p *Percent) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(string(bytes.Trim(b, `"`)))
	if err != nil {
		return fmt.Errorf("percentage must be a whole number, got %s", b)
	}
	*p = Percent(n)
	return nil
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// StringList is a JSON string or an array of strings; it marshals as it came.
type StringList struct {
	Values []string
	Single bool
}

// UnmarshalJSON accepts a string or an array of strings.
func (l *StringList) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*l = StringList{Values: make([]string, 1), Single: true}
		return json.Unmarshal(b, &l.Values[0])
	}
	*l = StringList{}
	if err := json.Unmarshal(b, &l.Values); err != nil {
		return fmt.Errorf("must be a string or an array of strings")
	}
	return nil
}

// MarshalJSON writes the form that was read.
func (l StringList) MarshalJSON() ([]byte, error) {
	if l.Single && len(l.Values) == 1 {
		return json.Marshal(l.Values[0])
	}
	return json.Marshal(l.Values)
}

// Logprobs is true or false in a chat and a number in the older completions; both ask for log probabilities.
type Logprobs struct {
	Enabled bool
	Top     int
}

// UnmarshalJSON accepts a boolean or a whole number, the number of alternatives.
func (l *Logprobs) UnmarshalJSON(b []byte) error {
	*l = Logprobs{}
	if err := json.Unmarshal(b, &l.Enabled); err == nil {
		return nil
	}
	n, err := strconv.Atoi(string(b))
	if err != nil || n < 0 {
		return fmt.Errorf("logprobs must be a boolean or a whole number, got %s", b)
	}
	*l = Logprobs{Enabled: true, Top: n}
	return nil
}

// MarshalJSON writes the form that was read.
func (l Logprobs) MarshalJSON() ([]byte, error) {
	if l.Top > 0 {
		return json.Marshal(l.Top)
	}
	return json.Marshal(l.Enabled)
}
