package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/tools/npm"
)

// The peers' packages. Their native libraries are used without Node.
func llamaPackage() npm.Package {
	return npm.Package{Name: "@node-llama-cpp/linux-x64", Version: "3.20.0"}
}
func ortPackage() npm.Package { return npm.Package{Name: "onnxruntime-node", Version: "1.30.0"} }

// peer is a contestant in a process of its own. It answers each line "go" with a
// sample.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// peers starts what can be had and says why the others are skipped.
func peers(ctx context.Context, o options, m *weights, dir string) (found []*entry, skipped []string) {
	if o.peers == "" {
		return nil, []string{"llama.cpp and onnxruntime: switched off"}
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, []string{"llama.cpp and onnxruntime: only the packages for linux on amd64 are known"}
	}
	if err := npm.Install(ctx, o.peers, llamaPackage(), ortPackage()); err != nil {
		return nil, []string{fmt.Sprintf("llama.cpp and onnxruntime: %v", err)}
	}
	for _, start := range []func(context.Context, options, *weights, string) ([]*entry, error){startLlama, startORT} {
		e, err := start(ctx, o, m, dir)
		found = append(found, e...)
		if err != nil {
			skipped = append(skipped, err.Error())
		}
	}
	return found, skipped
}

// startLlama starts llama.cpp in each format.
func startLlama(ctx context.Context, o options, m *weights, dir string) ([]*entry, error) {
	program, err := build(ctx, "llamacpp", dir)
	if err != nil {
		return nil, fmt.Errorf("llama.cpp: %w", err)
	}
	lib := filepath.Join(dir, "llamacpp-lib")
	if err := linkLlama(filepath.Join(llamaPackage().Dir(o.peers), "bins", "linux-x64"), lib); err != nil {
		return nil, fmt.Errorf("llama.cpp: %w", err)
	}
	var out []*entry
	for _, f := range []struct {
		name   string
		kind   ggmlType
		format backend.Format
	}{{"f32", ggmlF32, backend.F32}, {"f16", ggmlF16, backend.BF16}, {"bf16", ggmlBF16, backend.BF16}, {"q8_0", ggmlQ80, backend.Int8}} {
		if !o.wants(f.format) {
			continue
		}
		path := filepath.Join(dir, f.name+".gguf")
		if err := m.writeGGUF(path, f.kind); err != nil {
			return out, err
		}
		p, err := startPeer(ctx, program, lib, path, fmt.Sprint(o.threads))
		if err != nil {
			return out, fmt.Errorf("llama.cpp %s: %w", f.name, err)
		}
		out = append(out, &entry{contestant: p, name: "llama.cpp " + f.name, format: f.format})
	}
	return out, nil
}

// linkLlama makes a folder of the libraries in which those with a build number in
// their names are found without it.
func linkLlama(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.so"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("no libraries in %s", from), err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		base := filepath.Base(f)
		names := []string{base}
		if lib, _, ok := strings.Cut(strings.TrimSuffix(base, ".so"), "."); ok {
			names = append(names, lib+".so")
		}
		for _, n := range names {
			if err := os.Symlink(f, filepath.Join(to, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// startORT starts onnxruntime in each format that it has kernels for.
func startORT(ctx context.Context, o options, m *weights, dir string) ([]*entry, error) {
	program, err := build(ctx, "onnxruntime", dir)
	if err != nil {
		return nil, fmt.Errorf("onnxruntime: %w", err)
	}
	lib := filepath.Join(ortPackage().Dir(o.peers), "bin", "napi-v6", "linux", "x64", "libonnxruntime.so.1")
	var out []*entry
	for _, f := range []struct {
		name   string
		eight  bool
		format backend.Format
	}{{"f32", false, backend.F32}, {"8-bit", true, backend.Int8}} {
		if !o.wants(f.format) {
			continue
		}
		path := filepath.Join(dir, f.name+".onnx")
		if err := m.writeONNX(path, f.eight); err != nil {
			return out, err
		}
		p, err := startPeer(ctx, program, lib, path, fmt.Sprint(o.threads))
		if err != nil {
			return out, fmt.Errorf("onnxruntime %s: %w", f.name, err)
		}
		out = append(out, &entry{contestant: p, name: "onnxruntime " + f.name, format: f.format})
	}
	return out, nil
}

func (o options) wants(f backend.Format) bool {
	for _, want := range o.formats {
		if want == string(f) {
			return true
		}
	}
	return false
}

// build compiles a peer's module.
func build(ctx context.Context, name, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	out := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, ".")
	cmd.Dir = filepath.Join(strings.TrimSpace(string(root)), "engine", "bench", "peers", name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, lastLine(msg))
	}
	return out, nil
}

func lastLine(out []byte) string {
	s := strings.TrimSpace(string(out))
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// startPeer starts a process and waits until it has loaded.
func startPeer(ctx context.Context, program string, args ...string) (*peer, error) {
	p := &peer{cmd: exec.CommandContext(ctx, program, args...)}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
		return nil, errors.Join(fmt.Errorf("answered %q", line), err, p.close())
	}
	return p, nil
}

// measure implements contestant.
func (p *peer) measure() (s sample, err error) {
	if _, err := io.WriteString(p.in, "go\n"); err != nil {
		return s, err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return s, err
	}
	_, err = fmt.Sscan(line, &s.speed[0], &s.speed[1], &s.speed[2], &s.first)
	return s, err
}

// close implements contestant: the process ends with its input.
func (p *peer) close() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
