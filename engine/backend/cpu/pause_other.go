//go:build !amd64

package cpu

// looks is how often a waiting worker looks between two offers of its thread to
// others: about 10 µs.
const looks = 1 << 15

// pause is nothing, for want of an instruction.
func pause() {}
