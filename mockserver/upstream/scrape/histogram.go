package scrape

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// Bucket counts the observations up to a bound, those of all lower buckets included.
type Bucket struct {
	Bound float64
	Count float64
}

// Histogram is a distribution since the engine started. The zero value has seen nothing.
type Histogram struct {
	Buckets []Bucket // by rising bound
	Sum     float64
	Count   float64
}

// Sum adds up a counter or gauge over all its labels; the second result tells whether there is one.
func (s Samples) Sum(name string) (float64, bool) {
	sum := 0.0
	for _, sample := range s[name] {
		sum += sample.Value
	}
	return sum, len(s[name]) > 0
}

// Histogram adds up a histogram over all its labels.
func (s Samples) Histogram(name string) Histogram {
	var h Histogram
	h.Sum, _ = s.Sum(name + "_sum")
	h.Count, _ = s.Sum(name + "_count")
	counts := map[float64]float64{}
	for _, b := range s[name+"_bucket"] {
		if bound, err := strconv.ParseFloat(b.Labels["le"], 64); err == nil {
			counts[bound] += b.Value
		}
	}
	for bound, count := range counts {
		h.Buckets = append(h.Buckets, Bucket{bound, count})
	}
	slices.SortFunc(h.Buckets, func(a, b Bucket) int { return cmp.Compare(a.Bound, b.Bound) })
	return h
}

// Mean is the mean of all observations; 0 where there are none.
func (h Histogram) Mean() float64 {
	if h.Count == 0 {
		return 0
	}
	return h.Sum / h.Count
}

// Quantile estimates the value below which a share q of the observations lies, linear within a bucket. An
// observation above the last finite bound counts as that bound. 0 where there are no observations.
func (h Histogram) Quantile(q float64) float64 {
	if len(h.Buckets) == 0 {
		return 0
	}
	rank := q * h.Buckets[len(h.Buckets)-1].Count
	low, below := 0.0, 0.0
	for _, b := range h.Buckets {
		if b.Count >= rank && b.Count > below {
			if math.IsInf(b.Bound, 1) {
				return low
			}
			return low + (b.Bound-low)*(rank-below)/(b.Count-below)
		}
		low, below = b.Bound, b.Count
	}
	return 0
}

// Since is what was observed after an earlier scrape of the same histogram; an engine that started anew in between
// counts from zero.
func (h Histogram) Since(before Histogram) Histogram {
	if before.Count > h.Count || len(before.Buckets) != len(h.Buckets) {
		return h
	}
	d := Histogram{Sum: h.Sum - before.Sum, Count: h.Count - before.Count}
	for i, b := range h.Buckets {
		d.Buckets = append(d.Buckets, Bucket{b.Bound, b.Count - before.Buckets[i].Count})
	}
	return d
}
