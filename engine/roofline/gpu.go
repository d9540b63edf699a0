package roofline

import "fmt"

// GPU is one accelerator by its data sheet: dense rates, without sparsity.
type GPU struct {
	Name      string
	Bandwidth float64 // bytes/s of its memory
	FLOPS16   float64 // FLOP/s in float16 or bfloat16 on tensor cores
	OPS8      float64 // operations/s in int8 on tensor cores
	Memory    float64 // bytes
	Source    string  // the document of the four numbers
}

// What servers reach of a data sheet. Decoding at small batches is reported at 50
// to 70 % of the memory bandwidth (Databricks, "LLM Inference Performance
// Engineering: Best Practices", 2023), large matrix products at 50 to 70 % of the
// peak; servers leave a tenth of the memory free (vLLM's gpu_memory_utilization).
const (
	BandwidthEfficiency = 0.6
	ComputeEfficiency   = 0.5
	UsableMemory        = 0.9
	// LayerOverhead is the time that starting the kernels of a layer costs, in
	// seconds, an assumption.
	LayerOverhead = 10e-6
)

// GPUs are the accelerators that can be named.
func GPUs() []GPU {
	const giga, tera = 1e9, 1e12
	return []GPU{
		{"T4", 320 * giga, 65 * tera, 130 * tera, 16 * giga, "NVIDIA T4 data sheet"},
		{"A10G", 600 * giga, 70 * tera, 140 * tera, 24 * giga, "NVIDIA A10G data sheet for AWS G5"},
		{"A100-80", 2039 * giga, 312 * tera, 624 * tera, 80 * giga, "NVIDIA A100 80GB SXM data sheet"},
		{"H100", 3350 * giga, 989 * tera, 1979 * tera, 80 * giga, "NVIDIA H100 SXM data sheet"},
		{"H200", 4800 * giga, 989 * tera, 1979 * tera, 141 * giga, "NVIDIA H200 SXM data sheet"},
		{"B200", 8000 * giga, 2250 * tera, 4500 * tera, 180 * giga, "NVIDIA DGX B200 data sheet, one of eight"},
	}
}

// Find is the GPU of a name; an unknown one is an error that lists the known.
func Find(name string) (GPU, error) {
	known := ""
	for _, g := range GPUs() {
		if g.Name == name {
			return g, nil
		}
		known += " " + g.Name
	}
	return GPU{}, fmt.Errorf("unknown GPU %q (known:%s)", name, known)
}
