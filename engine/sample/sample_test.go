package sample

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGreedyTakesTheFirstOfEquals(t *testing.T) {
	if got := Greedy([]float32{1, 3, 3, 2}); got != 1 {
		t.Errorf("got %d", got)
	}
	nan := float32(math.NaN())
	if got := Greedy([]float32{nan, 1, nan}); got != 1 {
		t.Errorf("got %d beside NaN", got)
	}
}

// TestGreedyLaw compares with the definition at every length and place.
func TestGreedyLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := []float32{float32(math.NaN()), float32(math.Inf(-1)), -2, 0, 1, 3, float32(math.Inf(1))}
		logits := rapid.SliceOfN(rapid.SampledFrom(levels), 1, 40).Draw(t, "logits")
		want := 0
		for i, l := range logits {
			if l > logits[want] || logits[want] != logits[want] && l > levels[1] {
				want = i
			}
		}
		if math.IsNaN(float64(logits[want])) || logits[want] == levels[1] {
			want = 0 // nothing stands out
		}
		if got := Greedy(logits); got != int32(want) {
			t.Fatalf("got %d, want %d", got, want)
		}
	})
}

// TestBinsChangeNothing compares with sorting the whole vocabulary.
func TestBinsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logits := rapid.SliceOfN(rapid.Float32Range(-100, 20), 1, 200).Draw(t, "logits")
		p := Params{
			Temperature: rapid.Float64Range(0.05, 2).Draw(t, "temperature"), TopK: rapid.SampledFrom([]int{0, 2, 5, 300}).Draw(t, "top_k"),
			TopP: rapid.SampledFrom([]float64{0, 0.1, 0.9, 0.99999}).Draw(t, "top_p"), Seed: rapid.Uint64().Draw(t, "seed"),
		}
		if p.TopK == 0 && p.TopP == 0 {
			p.TopK = 7
		}
		all := make([]candidate, len(logits))
		top := float64(logits[Greedy(logits)])
		for i, l := range logits {
			all[i] = candidate{id: int32(i), p: math.Exp((float64(l) - top) / p.Temperature)}
		}
		total := mass(all)
		slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.p, a.p) })
		if p.TopK > 0 {
			all = all[:min(p.TopK, len(all))]
			total = mass(all)
		}
		if p.TopP > 0 {
			all, total = nucleus(all, p.TopP*total)
		}
		var s Sampler
		for index := range 5 {
			want := pick(all, total*uniform(p.Seed, 0, index))
			if got := s.Sample(logits, p, 0, index); got != want {
				t.Fatalf("drew %d, want %d", got, want)
			}
		}
	})
}

func BenchmarkSample(b *testing.B) {
	logits := make([]float32, 32000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range logits {
		logits[i] = float32(random.NormFloat64()) * 2
	}
	for _, p := range []Params{{Temperature: 1}, {Temperature: 1, TopP: 0.9}, {Temperature: 0.7, TopK: 40}} {
		b.Run(fmt.Sprintf("p=%g,k=%d", p.TopP, p.TopK), func(b *testing.B) {
			var s Sampler
			for i := 0; b.Loop(); i++ {
				s.Sample(logits, p, 0, i)
			}
		})
	}
}

func BenchmarkGreedy(b *testing.B) {
	logits := make([]float32, 32000)
	for i := range logits {
		logits[i] = float32(i*7919%32000) / 3200
	}
	for b.Loop() {
		Greedy(logits)
	}
}

func TestSampleFollowsTheDistribution(t *testing.T) {
	logits := []float32{float32(math.Log(0.5)), float32(math.Log(0.3)), float32(math.Log(0.2))}
	for _, c := range []struct {
		p    Params
		want [3]float64
	}{
		{Params{Temperature: 1}, [3]float64{0.5, 0.3, 0.2}},
		{Params{Temperature: 1, TopP: 0.6}, [3]float64{0.625, 0.375, 0}},
		{Params{Temperature: 1, TopK: 2}, [3]float64{0.625, 0.375, 0}},
		{Params{Temperature: 0.5}, [3]float64{0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38}},
		{Params{Temperature: 1, TopK: 1}, [3]float64{1, 0, 0}},
		{Params{}, [3]float64{1, 0, 0}},
	} {
		const n = 20000
		var s Sampler
		var got [3]float64
		for i := range n {
			got[s.Sample(logits, c.p, 0, i)] += 1.0 / n
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 0.015 {
				t.Errorf("%+v: got %.3f, want %.3f", c.p, got, c.want)
				break
			}
		}
	}
}

func TestSampleDependsOnSeedChoiceAndIndexAlone(t *testing.T) {
	logits := make([]float32, 50)
	draw := func(s *Sampler, seed uint64, choice int) (out [20]int32) {
		for i := range out {
			out[i] = s.Sample(logits, Params{Temperature: 1, Seed: seed}, choice, i)
		}
		return out
	}
	var s Sampler
	first := draw(&s, 7, 0)
	s.Sample(logits, Params{Temperature: 2, Seed: 9}, 3, 1)
	if draw(&s, 7, 0) != first || draw(new(Sampler), 7, 0) != first {
		t.Error("the same seed draws something else")
	}
	if draw(&s, 8, 0) == first || draw(&s, 7, 1) == first {
		t.Error("seed or choice changes nothing")
	}
}

func TestParamsValidate(t *testing.T) {
	for _, p := range []Params{{Temperature: -1}, {Temperature: 3}, {Temperature: math.NaN()}, {TopP: 1.1}, {TopP: -0.1}, {TopP: math.NaN()}, {TopK: -1}} {
		if err := p.Validate(); !errors.Is(err, ErrParams) {
			t.Errorf("%+v: got %v", p, err)
		}
	}
}

func TestLogprobs(t *testing.T) {
	logits := []float32{float32(math.Log(0.1)), float32(math.Log(0.6)), float32(math.Log(0.3))}
	chosen, top := Logprobs(logits, 0, 2)
	if math.Abs(chosen.Logprob-math.Log(0.1)) > 1e-6 || chosen.ID != 0 {
		t.Errorf("chosen %+v", chosen)
	}
	if len(top) != 2 || top[0].ID != 1 || top[1].ID != 2 || math.Abs(top[0].Logprob-math.Log(0.6)) > 1e-6 {
		t.Errorf("top %+v", top)
	}
	if _, top = Logprobs(logits, 0, 0); len(top) != 0 {
		t.Errorf("top %+v", top)
	}
}

func TestStopper(t *testing.T) {
	for _, c := range []struct {
		name   string
		stops  []string
		pieces []string
		want   string
		stop   bool
	}{
		{"within one piece", []string{"END"}, []string{"abENDcd"}, "ab", true},
		{"over three pieces", []string{"END"}, []string{"aE", "N", "Dx"}, "a", true},
		{"false start", []string{"END"}, []string{"aEN", "x"}, "aENx", false},
		{"overlapping starts", []string{"aab"}, []string{"a", "a", "a", "b"}, "a", true},
		{"first of several", []string{"z", "bc"}, []string{"ab", "cz"}, "a", true},
		{"within another", []string{"abc", "b"}, []string{"abc"}, "a", true},
		{"at the end of another", []string{"c", "abc"}, []string{"abc"}, "", true},
		{"at the end", []string{"ab"}, []string{"xa"}, "xa", false},
		{"none", nil, []string{"a", "b"}, "ab", false},
		{"empty is ignored", []string{""}, []string{"a"}, "a", false},
		{"multi-byte", []string{"é!"}, []string{"xé", "!"}, "x", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewStopper(c.stops)
			got, stopped := "", false
			for _, p := range c.pieces {
				var out string
				if out, stopped = s.Push(p); stopped {
					got += out
					break
				}
				got += out
			}
			if !stopped {
				got += s.Flush()
			}
			if got != c.want || stopped != c.stop {
				t.Errorf("got %q %v, want %q %v", got, stopped, c.want, c.stop)
			}
		})
	}
}

// TestStopperLaw compares with cutting the whole text, however it is cut into pieces.
func TestStopperLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stops := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 1, 4, -1), 0, 3).Draw(t, "stops")
		pieces := rapid.SliceOf(rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 4, -1)).Draw(t, "pieces")
		s := NewStopper(stops)
		var got strings.Builder
		stopped := false
		for _, p := range pieces {
			var out string
			out, stopped = s.Push(p)
			got.WriteString(out)
			if stopped {
				break
			}
		}
		if !stopped {
			got.WriteString(s.Flush())
		}
		want, found := before(strings.Join(pieces, ""), stops)
		if got.String() != want || stopped != found {
			t.Fatalf("got %q, want %q", got.String(), want)
		}
	})
}

// before is the text up to the stop string that is complete first.
func before(text string, stops []string) (string, bool) {
	for end := range len(text) + 1 {
		cut := -1
		for _, x := range stops {
			if strings.HasSuffix(text[:end], x) && (cut < 0 || end-len(x) < cut) {
				cut = end - len(x)
			}
		}
		if cut >= 0 {
			return text[:cut], true
		}
	}
	return text, false
}

func FuzzSample(f *testing.F) {
	f.Add(1.0, 0.9, 3, uint64(1), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, temperature, topP float64, topK int, seed uint64, raw []byte) {
		p := Params{Temperature: temperature, TopP: topP, TopK: topK, Seed: seed}
		if p.Validate() != nil || len(raw) == 0 {
			return
		}
		logits := make([]float32, len(raw))
		for i, b := range raw {
			logits[i] = math.Float32frombits(uint32(b) << 24 >> (b % 3))
		}
		var s Sampler
		if id := s.Sample(logits, p, 0, 0); id < 0 || int(id) >= len(logits) {
			t.Errorf("drew %d of %d", id, len(logits))
		}
		Logprobs(logits, 0, 5)
	})
}
