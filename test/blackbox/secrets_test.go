package blackbox

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A write-only secret and the token go to the server and stand nowhere else: not in state, plan, plan JSON,
// messages or the most talkative log.
func TestSecretsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	const canary = "canary-6b1f0d5e-3c7a"
	w := newWorld(t, anyModel(), "testdata/secrets")
	w.token = "token-9d2c4b77-canary"
	trace := filepath.Join(w.dir, "trace.log")
	w.env = append(w.env, "TF_VAR_canary="+canary, "TF_LOG=TRACE", "TF_LOG_PATH="+trace)

	said := w.apply().String()
	said += w.must("plan", "-out=next.tfplan", "-var=canary_version=2", "-input=false", "-no-color").String()
	said += w.must("show", "-json", "next.tfplan").String()
	said += w.must("show", "-json").String()
	said += w.must("state", "pull").String()
	said += w.must("apply", "-input=false", "-no-color", "next.tfplan").String()

	sent := 0
	for _, r := range w.server.Requests() {
		if bytes.Contains(r.Body, []byte(`"openai_api_key_plaintext"`)) {
			sent++
		}
	}
	if sent != 2 {
		t.Errorf("the secret was sent %d times, want twice: at creation, and with its new version", sent)
	}
	if log := read(t, trace); !strings.Contains(log, "put_config") && !strings.Contains(log, "/config") {
		t.Errorf("the log holds no word of the config update, so it proves nothing")
	}

	artefacts := map[string]string{"messages": said, "log": read(t, trace), "plan": unzip(t, filepath.Join(w.dir, "next.tfplan"))}
	for _, pattern := range []string{"terraform.tfstate", "*.backup", ".terraform.lock.hcl"} {
		files, err := filepath.Glob(filepath.Join(w.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			artefacts[filepath.Base(f)] = read(t, f)
		}
	}
	for name, content := range artefacts {
		for what, secret := range map[string]string{"secret": canary, "token": w.token} {
			if n := strings.Count(content, secret); n > 0 {
				at := strings.Index(content, secret)
				t.Errorf("%s holds the %s %d times: …%s…", name, what, n, content[max(0, at-200):at])
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// unzip joins what a saved plan is made of.
func unzip(t *testing.T, path string) string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	var all strings.Builder
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return all.String()
}
