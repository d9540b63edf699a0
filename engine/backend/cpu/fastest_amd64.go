package cpu

import "golang.org/x/sys/cpu"

// fastest is the best table of kernels for this processor.
func fastest() kernels {
	all := supported()
	if len(all) == 0 {
		return portable()
	}
	return all[len(all)-1]
}

// supported are the tables that this processor can run, the slowest first.
func supported() []kernels {
	var out []kernels
	x := &cpu.X86
	if x.HasAVX2 && x.HasFMA {
		out = append(out, avx2())
		if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512VNNI {
			out = append(out, avx512())
		}
	}
	return out
}
