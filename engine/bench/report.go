package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
)

// report prints and keeps the first error of writing.
type report struct {
	w   io.Writer
	err error
}

func (r *report) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(r.w, format, args...); r.err == nil {
		r.err = err
	}
}

// bar prints a target that is reached from above, or with most from below.
func (r *report) bar(name string, measured, target float64, most bool) {
	verdict := "short"
	if measured >= target != most || measured == target {
		verdict = "ok"
	}
	r.printf("bar %s %.4g %.4g %s\n", name, measured, target, verdict)
}

// median of a copy of v; NaN-free.
func median[T cmp.Ordered](v []T) T {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// processor is the name that the system has for it.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	field := func(name string) string {
		for line := range strings.Lines(string(data)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
				return strings.TrimSpace(value)
			}
		}
		return "?"
	}
	return fmt.Sprintf("%s (family %s, model %s)", field("model name"), field("cpu family"), field("model"))
}

// resident is how many bytes of this process are in memory: VmRSS, all of them, or
// RssAnon, those that are no file's. NaN where the system does not say.
func resident(field string) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return math.NaN()
	}
	for line := range strings.Lines(string(data)) {
		if size, ok := strings.CutPrefix(line, field+":"); ok {
			var kib float64
			if _, err := fmt.Sscan(size, &kib); err == nil {
				return kib * 1024
			}
		}
	}
	return math.NaN()
}
