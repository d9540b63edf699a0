//go:build !linux

package launcher

import "os"

// parent is for Linux, where an engine dies with its launcher.
func parent() { os.Exit(1) }
