// Package checkpoint holds the model that is embedded in the binary: a real
// Hugging Face directory of about one megabyte, made by internal/trainer of this
// engine from a corpus that the project wrote itself. Nothing but data is here.
package checkpoint

import (
	"embed"
	"io/fs"
)

//go:embed default
var files embed.FS

// Files is the checkpoint's directory.
func Files() fs.FS {
	sub, err := fs.Sub(files, "default")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return sub
}
