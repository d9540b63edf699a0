package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// starting is what a start of the provider costs, until its handshake line.
type starting struct{ millis, megabytes float64 }

// measureStarts starts the provider as a CLI does, reads its handshake line and kills it.
func measureStarts(ctx context.Context, o options) (starting, error) {
	var millis, megabytes []float64
	for range o.starts {
		s, err := measureStart(ctx, o.provider)
		if err != nil {
			return starting{}, err
		}
		millis, megabytes = append(millis, s.millis), append(megabytes, s.megabytes)
	}
	return starting{median(millis), median(megabytes)}, nil
}

func measureStart(ctx context.Context, provider string) (starting, error) {
	cmd := exec.CommandContext(ctx, provider)
	// The cookie by which a plugin knows that a CLI has started it, and not a person.
	cmd.Env = append(os.Environ(), "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=6")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return starting{}, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return starting{}, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	took := time.Since(began)
	resident := peakMegabytes(cmd.Process.Pid)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed on purpose
	if err != nil || !strings.HasPrefix(line, "1|6|") {
		return starting{}, fmt.Errorf("no handshake: %q, %w", line, err)
	}
	return starting{float64(took.Microseconds()) / 1000, resident}, nil
}

// peakMegabytes is the most that a process had resident so far; 0 where the system does not tell.
func peakMegabytes(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kilobytes / 1024
		}
	}
	return 0
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
