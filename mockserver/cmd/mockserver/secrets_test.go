package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	t.Setenv("MOCKSERVER_TEST_SECRET", "sk-1")
	t.Setenv("MOCKSERVER_TEST_EMPTY", " ")
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("sk-2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := parse("serve", []string{"--secret", "s/a=env:MOCKSERVER_TEST_SECRET", "--secret", "s/b=file:" + file}, &bytes.Buffer{})
	if want := []secret{{"s", "a", "sk-1"}, {"s", "b", "sk-2"}}; err != nil || !slices.Equal(c.secrets, want) {
		t.Errorf("%v, %v", c.secrets, err)
	}
	for _, text := range []string{"s/k=sk-3", "s/k", "k=env:MOCKSERVER_TEST_SECRET", "/k=env:MOCKSERVER_TEST_SECRET", "s/k=env:MOCKSERVER_TEST_NONE", "s/k=env:MOCKSERVER_TEST_EMPTY", "s/k=file:/nowhere", ""} {
		_, _, err := parse("serve", []string{"--secret", text}, &bytes.Buffer{})
		if err == nil || !strings.HasPrefix(err.Error(), "--secret ") || strings.Contains(err.Error(), "sk-") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
