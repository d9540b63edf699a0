package scrape_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/scrape"
)

const text = `# HELP vllm:time_to_first_token_seconds Time to the first token.
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{le="0.1",model_name="a \"b\" \\ c"} 2
vllm:time_to_first_token_seconds_bucket{le="0.2",model_name="a"} 6.0
vllm:time_to_first_token_seconds_bucket{le="+Inf",model_name="a"} 8 1700000000
vllm:time_to_first_token_seconds_sum{model_name="a"} 1.6
vllm:time_to_first_token_seconds_count{model_name="a"} 8

vllm:num_requests_running{model_name="a"} 3
vllm:num_requests_running{model_name="b"} 1
plain 1e-3
`

func TestParse(t *testing.T) {
	s, err := scrape.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := s.Sum("vllm:num_requests_running"); n != 4 || !ok {
		t.Errorf("running %v %v", n, ok)
	}
	if n, ok := s.Sum("absent"); n != 0 || ok {
		t.Errorf("absent %v %v", n, ok)
	}
	if got := s["vllm:time_to_first_token_seconds_bucket"][0].Labels["model_name"]; got != `a "b" \ c` {
		t.Errorf("label %q", got)
	}
	h := s.Histogram("vllm:time_to_first_token_seconds")
	for name, c := range map[string][2]float64{
		"mean": {h.Mean(), 0.2}, "median": {h.Quantile(0.5), 0.15}, "p25": {h.Quantile(0.25), 0.1},
		"p99 beyond the last bound": {h.Quantile(0.99), 0.2}, "empty": {scrape.Histogram{}.Quantile(0.5), 0},
		"since":           {h.Since(scrape.Histogram{Sum: 0.4, Count: 4, Buckets: []scrape.Bucket{{0.1, 2}, {0.2, 4}, {math.Inf(1), 4}}}).Mean(), 0.3},
		"since a restart": {h.Since(scrape.Histogram{Sum: 90, Count: 100}).Mean(), 0.2},
	} {
		if math.Abs(c[0]-c[1]) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, c[0], c[1])
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, in := range []string{"name", "name{a=1} 2", `name{a="1 2`, "name{} ", "name x", "{} 1", `{"iteration":1}`} {
		if _, err := scrape.Parse(strings.NewReader("ok 1\n" + in + "\n")); !errors.Is(err, scrape.ErrMalformed) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", in, err)
		}
	}
}
