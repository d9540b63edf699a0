// Package npm gets the pinned packages of npm that only benchmarks and conformance tests use, into a folder that
// survives the run. It must not know what they are for.
package npm

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is a package in one version.
type Package struct{ Name, Version string }

// CacheDir is a folder of the user's, empty where there is none.
func CacheDir(name string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, name)
}

// Install gets the packages through npm, unless they are below dir in these versions already. No script of theirs
// is run.
func Install(ctx context.Context, dir string, packages ...Package) error {
	args := []string{"install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", dir}
	missing := false
	for _, p := range packages {
		args = append(args, p.Name+"@"+p.Version)
		missing = missing || p.installed(dir) != p.Version
	}
	if !missing {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "npm", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("npm install: %w: %s", err, lastLine(out))
	}
	return nil
}

// Dir is where a package is below the folder that it was installed to.
func (p Package) Dir(dir string) string {
	return filepath.Join(dir, "node_modules", filepath.FromSlash(p.Name))
}

// installed is the version that is there, empty if none is.
func (p Package) installed(dir string) string {
	b, err := os.ReadFile(filepath.Join(p.Dir(dir), "package.json"))
	if err != nil {
		return ""
	}
	var found struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(b, &found) != nil {
		return "" // cut short: it is installed again
	}
	return found.Version
}

func lastLine(out []byte) string {
	s := strings.TrimSpace(string(out))
	return s[strings.LastIndexByte(s, '\n')+1:]
}
