package harness

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// LayOut fills a working directory with a provider mirror and a CLI configuration that knows this mirror
// alone, so that init is a real init without a network. It returns the configuration's path.
func LayOut(work, provider string) (string, error) {
	mirror := filepath.Join(work, "mirror")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(mirror, host, "inference-iac", "inference", "0.1.0", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		if err := copyProgram(filepath.Join(dir, "terraform-provider-inference_v0.1.0"+filepath.Ext(provider)), provider); err != nil {
			return "", err
		}
	}
	rc := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	config := filepath.Join(work, "cli.tfrc")
	return config, os.WriteFile(config, []byte(rc), 0o644)
}

// copyProgram links where it can, since the binary is large and stands in the mirror twice.
func copyProgram(to, from string) (err error) {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}
