package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// load runs an order on the load core: by wrk where it is installed and all connections ask the same, else by
// the own generator.
func load(ctx context.Context, o order) (result, error) {
	if path, err := exec.LookPath("wrk"); err == nil && len(o.Steps) == 1 && o.Requests == 0 {
		return o.wrk(ctx, path)
	}
	cmd, err := self(ctx, loadCore, "load", o)
	if err != nil {
		return result{}, err
	}
	b, err := cmd.Output()
	if err != nil {
		return result{}, fmt.Errorf("load: %w", err)
	}
	return readJSON[result](strings.NewReader(string(b)))
}

// wrk lets wrk run the order's only step.
func (o order) wrk(ctx context.Context, path string) (result, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return result{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	script := filepath.Join(dir, "request.lua")
	s := o.Steps[0]
	lua := fmt.Sprintf("wrk.method = %q\nwrk.body = %q\nwrk.headers[\"Content-Type\"] = \"application/json\"\n", s.Method, s.Body)
	if s.Body == "" {
		lua = ""
	}
	if err := os.WriteFile(script, []byte(lua), 0o600); err != nil {
		return result{}, err
	}
	cmd := pinned(ctx, loadCore, path, "-t1", "-c", strconv.Itoa(o.Connections), "-d", fmt.Sprintf("%.0fs", max(1, o.Length.Seconds())),
		"--latency", "-s", script, "-H", "Authorization: Bearer "+o.Token, o.URL+s.Path)
	b, err := cmd.CombinedOutput()
	if err != nil {
		return result{}, fmt.Errorf("wrk: %w: %s", err, b)
	}
	return parseWrk(string(b))
}

// parseWrk reads the report of wrk.
func parseWrk(out string) (result, error) {
	var r result
	for _, f := range []struct {
		pattern string
		set     func(string) error
	}{
		{`Requests/sec:\s+([0-9.]+)`, func(s string) (err error) { r.PerSecond, err = strconv.ParseFloat(s, 64); return err }},
		{`\s50%\s+(\S+)`, func(s string) (err error) { r.P50, err = time.ParseDuration(s); return err }},
		{`\s99%\s+(\S+)`, func(s string) (err error) { r.P99, err = time.ParseDuration(s); return err }},
		{`(\d+) requests in`, func(s string) (err error) { r.Requests, err = strconv.Atoi(s); return err }},
	} {
		m := regexp.MustCompile(f.pattern).FindStringSubmatch(out)
		if m == nil {
			return r, fmt.Errorf("wrk: no %s in %q", f.pattern, out)
		}
		if err := f.set(m[1]); err != nil {
			return r, fmt.Errorf("wrk: %w", err)
		}
	}
	if m := regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`).FindStringSubmatch(out); m != nil {
		r.Errors, _ = strconv.Atoi(m[1]) // digits
	}
	return r, nil
}
