// Package harness runs the built binaries the way users do: the mock server as a process, and terraform or
// tofu with a provider from a mirror on disk. The programs under tools share it.
package harness
