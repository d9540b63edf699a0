// Command write puts the tiny checkpoints on disk, a directory for each
// architecture, for programs that make goldens from them.
package main

import (
	"flag"
	"log"
	"os"
	"path/filepath"

	"github.com/inference-iac/terraform-provider-inference/engine/backend"
	"github.com/inference-iac/terraform-provider-inference/engine/internal/tiny"
)

func main() {
	out := flag.String("out", "", "directory to write into")
	flag.Parse()
	if err := run(*out); err != nil {
		log.Fatal(err)
	}
}

func run(out string) error {
	for _, architecture := range append(tiny.Architectures(), tiny.Variants()...) {
		fsys, err := tiny.FS(architecture, backend.StoredF32, tiny.GoldenSeed)
		if err != nil {
			return err
		}
		if err := os.CopyFS(filepath.Join(out, architecture), fsys); err != nil {
			return err
		}
	}
	return nil
}
