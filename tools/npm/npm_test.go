package npm_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/tools/npm"
)

// What is there in the right version is left alone; anything else asks for npm, which this test does not have.
func TestInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir := t.TempDir()
	p := npm.Package{Name: "@scope/peer", Version: "1.2.3"}
	if err := os.MkdirAll(p.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		manifest string
		there    bool
	}{{`{"version":"1.2.3"}`, true}, {`{"version":"1.2.2"}`, false}, {`{"vers`, false}} {
		if err := os.WriteFile(filepath.Join(p.Dir(dir), "package.json"), []byte(c.manifest), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := npm.Install(t.Context(), dir, p); (err == nil) != c.there {
			t.Errorf("%s: %v", c.manifest, err)
		}
	}
	if err := npm.Install(t.Context(), dir, p, npm.Package{Name: "other", Version: "1.0.0"}); err == nil {
		t.Error("a package that is not there is not missed")
	}
}
