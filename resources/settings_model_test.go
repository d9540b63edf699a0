package resources

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func limits(t *testing.T, keys ...string) types.Object {
	t.Helper()
	g := &api.AIGateway{}
	for _, k := range keys {
		g.RateLimits = append(g.RateLimits, api.RateLimit{Key: k, RenewalPeriod: "minute"})
	}
	o, err := flattenWire(gatewayType(), g)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRateLimitsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prior, shown, want []string
	}{
		{[]string{"user", "endpoint"}, []string{"endpoint", "user"}, []string{"user", "endpoint"}},
		{[]string{"user", "endpoint"}, []string{"endpoint", "user_group"}, []string{"endpoint", "user_group"}},
		{nil, []string{"endpoint", "user"}, []string{"endpoint", "user"}},
	} {
		shown, err := expandWire[api.AIGateway](limits(t, c.shown...))
		if err != nil {
			t.Fatal(err)
		}
		got, err := flattenWire(gatewayType(), sortedLike(limits(t, c.prior...), shown))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(limits(t, c.want...)) {
			t.Errorf("%v shown over %v is %s", c.shown, c.prior, got)
		}
	}
}

func TestEmptySaysAsMuchAsNone(t *testing.T) {
	t.Parallel()
	sets := map[string]attr.Type{"a": types.SetType{ElemType: types.StringType}, "b": types.StringType}
	object := func(a, b attr.Value) types.Object {
		return types.ObjectValueMust(sets, map[string]attr.Value{"a": a, "b": b})
	}
	null, empty := types.SetNull(types.StringType), types.SetValueMust(types.StringType, []attr.Value{})
	full := types.SetValueMust(types.StringType, []attr.Value{types.StringValue("x")})
	none := types.ObjectNull(sets)
	for name, c := range map[string]struct{ prior, have, want types.Object }{
		"an empty set stays":              {object(empty, types.StringValue("b")), object(null, types.StringValue("b")), object(empty, types.StringValue("b"))},
		"an empty block stays":            {object(null, types.StringNull()), none, object(null, types.StringNull())},
		"a block of an empty set stays":   {object(empty, types.StringNull()), object(null, types.StringNull()), object(empty, types.StringNull())},
		"what was lost shows":             {object(full, types.StringValue("b")), object(null, types.StringValue("b")), object(null, types.StringValue("b"))},
		"what was lost wholly shows":      {object(full, types.StringNull()), none, none},
		"nobody asked for an empty block": {none, object(null, types.StringNull()), none},
	} {
		if got := keptEmpty(c.prior, c.have); !got.Equal(c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestNearestThroughput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tokens, chunk int64
		says          string
	}{
		{1960, 980, ""}, {0, 980, ""}, {5, 0, ""},
		{1961, 980, "must be a multiple of the model's throughput_chunk_size 980; the nearest are 1960 and 2940, got 1961"},
		{1, 980, "must be a multiple of the model's throughput_chunk_size 980; the nearest are 0 and 980, got 1"},
	} {
		got := ""
		if err := checkThroughput(c.tokens, c.chunk); err != nil {
			got = err.Error()
		}
		if got != c.says {
			t.Errorf("%d in steps of %d: %q", c.tokens, c.chunk, got)
		}
	}
}

func TestWhatTheServerShowsDifferently(t *testing.T) {
	t.Parallel()
	byDefault, folded := externalField{byDefault: "openai"}, externalField{foldCase: true}
	null, s := types.StringNull(), types.StringValue
	for name, c := range map[string]struct {
		have, prior, want types.String
		field             externalField
	}{
		"a default that nobody set":     {s("openai"), null, null, byDefault},
		"a default that somebody set":   {s("openai"), s("openai"), s("openai"), byDefault},
		"no default":                    {s("azure"), null, s("azure"), byDefault},
		"another case":                  {s("anthropic"), s("Anthropic"), s("Anthropic"), folded},
		"another word":                  {s("cohere"), s("Anthropic"), s("cohere"), folded},
		"another case where it matters": {s("a"), s("A"), s("a"), externalField{}},
	} {
		if got := settle(c.have, c.prior, c.field); !got.Equal(c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
