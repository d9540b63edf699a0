package main

import (
	"runtime/debug"
	"testing"
)

func TestCollectSeldomLeavesGOGC(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	collectSeldom(func(string) string { return "50" })
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("with GOGC it is %d, want 100 as it was", got)
	}
	collectSeldom(func(string) string { return "" })
	if got := debug.SetGCPercent(100); got != 150 {
		t.Errorf("without GOGC it is %d, want 150", got)
	}
}
