package fastjson_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/inference-iac/terraform-provider-inference/mockserver/fastjson"
)

// document has a member of each type.
type document struct {
	Text  string   `json:"text"`
	Int   int64    `json:"int"`
	Float float64  `json:"float"`
	Bool  bool     `json:"bool"`
	List  []string `json:"list"`
}

func scan(data []byte) (document, bool) {
	var d document
	s := fastjson.NewScanner(data)
	for more := s.Open('{'); more; more = s.More('}') {
		switch string(s.Key()) {
		case "text":
			d.Text = s.Text()
		case "int":
			d.Int = s.Int()
		case "float":
			d.Float = s.Float()
		case "bool":
			d.Bool = s.Bool()
		case "list":
			d.List = []string{}
			for more := s.Open('['); more; more = s.More(']') {
				d.List = append(d.List, s.Text())
			}
		default:
			s.Skip()
		}
	}
	return d, s.End()
}

func TestScanner(t *testing.T) {
	for in, accepted := range map[string]bool{
		`{"text":"a","int":-7,"float":1.5e-3,"bool":true,"list":["x","y"]}`:    true,
		` { "text" : "line\nbreak \u00e9 \/ é" , "list" : [ ] } `:              true,
		`{"more":{"A":[1,2.5,{"b":null}],"c":"\ud83d\ude00x"},"text":"after"}`: false, // surrogates are rare
		`{"more":{"A":[1,2.5,{"b":null}],"c":"\u00e9"},"text":"after"}`:        true,
		`{}`:                          true,
		`{"Text":"a"}`:                false,
		`{"text":"a"} x`:              false,
		`{"text":"a"`:                 false,
		`{"text":"a",}`:               false,
		`{"text":"\xff"}`:             false,
		`{"text":"\ud800"}`:           false,
		"{\"text\":\"a\nb\"}":         false,
		"{\"text\":\"\xff\"}":         false,
		`{"int":1.0}`:                 false,
		`{"int":01}`:                  false,
		`{"int":9223372036854775808}`: false,
		`{"float":1.}`:                false,
		`{"float":.5}`:                false,
		`{"float":1e999}`:             false,
		`{"bool":truth}`:              false,
		`{"bool":tru`:                 false,
		`{"text":null}`:               false,
		`[]`:                          false,
		``:                            false,
	} {
		got, ok := scan([]byte(in))
		if ok != accepted {
			t.Errorf("%s: accepted %v", in, ok)
		}
		var want document
		if err := json.Unmarshal([]byte(in), &want); ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Errorf("%s: %+v, want %+v, %v", in, got, want, err)
		}
	}
}

// What the scanner accepts, encoding/json accepts with the same values.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"text":"a","int":-7,"float":1.5e-3,"bool":true,"list":["x","y"]}`, `{"more":[{"a":1},null,false,"\n"]}`, `{"text":"\u00e9\""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, ok := scan(in)
		if !ok {
			return
		}
		var want document
		if err := json.Unmarshal(in, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v, %v", in, got, want, err)
		}
	})
}

func TestAppendText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.StringOf(rapid.RuneFrom([]rune("\u2028\u2029<>&\"\\\n\x00\x7fé")))).Draw(t, "text")
		want, err := json.Marshal(text)
		if got := fastjson.AppendText(nil, text); err != nil || string(got) != string(want) {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}
