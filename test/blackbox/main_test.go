package blackbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// programs are what the tests drive. They are built once.
type programs struct {
	cli        string // terraform or tofu
	provider   string
	mockserver string
	vllm       string // a stand-in
	mirror     string // CLI configuration with which init installs the provider from disk
}

// built is set once, by TestMain.
var built programs

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	built.cli = findCLI()
	if built.cli == "" {
		fmt.Println("SKIP: neither terraform nor tofu is on PATH, and TF_ACC_TERRAFORM_PATH is not set")
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "inference-blackbox-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	const version = "0.1.0"
	exe := ""
	if runtime.GOOS == "windows" {
		exe = ".exe"
	}
	mirror := filepath.Join(dir, "mirror")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		home := filepath.Join(mirror, host, "inference-iac", "inference", version, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(home, 0o755); err != nil {
			return 0, err
		}
		path := filepath.Join(home, "terraform-provider-inference_v"+version+exe)
		if built.provider == "" {
			if err := build(path, "../.."); err != nil {
				return 0, err
			}
			built.provider = path
		} else if err := os.Link(built.provider, path); err != nil {
			return 0, err
		}
	}
	built.mockserver = filepath.Join(dir, "mockserver"+exe)
	if err := build(built.mockserver, "../../mockserver/cmd/mockserver"); err != nil {
		return 0, err
	}
	built.vllm = filepath.Join(dir, "engines", "vllm"+exe)
	if err := build(built.vllm, "../../tools/standin"); err != nil {
		return 0, err
	}
	built.mirror = filepath.Join(dir, "mirror.tfrc")
	rc := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(built.mirror, []byte(rc), 0o644); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func findCLI() string {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func build(to, from string) error {
	cmd := exec.Command("go", "build", "-o", to, ".")
	cmd.Dir = from
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", from, err, out)
	}
	return nil
}
