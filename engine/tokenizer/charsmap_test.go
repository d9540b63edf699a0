package tokenizer

import (
	"encoding/base64"
	"testing"
	"unicode/utf8"
)

// FuzzCharsmap follows hostile tries: no file may make a look-up leave it.
func FuzzCharsmap(f *testing.F) {
	f.Add([]byte("\x08\x00\x00\x00aaaaaaaab\x00"), "aé\u0301 x")
	f.Add([]byte("\x04\x00\x00\x00\xff\xff\xff\xff\xff"), "\x00\U0001F469\u200d\U0001F680")
	f.Fuzz(func(_ *testing.T, data []byte, text string) {
		m, err := newCharsmap(base64.StdEncoding.EncodeToString(data))
		if err != nil || !utf8.ValidString(text) {
			return
		}
		m.normalize(text)
	})
}
