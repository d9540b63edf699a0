package endpointconfig

import (
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func ptr[T any](v T) *T { return &v }

func TestSameEntity(t *testing.T) {
	custom := func(edit func(*api.ServedEntityInput)) api.ServedEntityInput {
		e := api.ServedEntityInput{EntityName: "c.s.m", EntityVersion: "1", EntitySettings: api.EntitySettings{WorkloadSize: "Small"}}
		edit(&e)
		return e
	}
	external := func(provider, reference, plaintext string) api.ServedEntityInput {
		return api.ServedEntityInput{ExternalModel: &api.ExternalModel{
			Name: "gpt-4", Provider: provider, Task: api.TaskChat,
			OpenAI: &api.OpenAIConfig{APIKey: reference, APIKeyPlaintext: plaintext},
		}}
	}
	plain := custom(func(*api.ServedEntityInput) {})
	for _, tc := range []struct {
		name string
		a, b api.ServedEntityInput
		want bool
	}{
		{"the default workload type", plain, custom(func(e *api.ServedEntityInput) { e.WorkloadType = "CPU" }), true},
		{"another workload type", plain, custom(func(e *api.ServedEntityInput) { e.WorkloadType = "GPU_SMALL" }), false},
		{"the default name", plain, custom(func(e *api.ServedEntityInput) { e.Name = "m-1" }), true},
		{"scale to zero false and absent", plain, custom(func(e *api.ServedEntityInput) { e.ScaleToZeroEnabled = ptr(false) }), true},
		{"scale to zero true", plain, custom(func(e *api.ServedEntityInput) { e.ScaleToZeroEnabled = ptr(true) }), false},
		{"environment", plain, custom(func(e *api.ServedEntityInput) { e.EnvironmentVars = map[string]string{"A": "b"} }), false},
		{
			"what the server chose for provisioned throughput",
			api.ServedEntityInput{EntityName: "m", EntitySettings: api.EntitySettings{MaxProvisionedThroughput: ptr(int64(980))}},
			api.ServedEntityInput{EntityName: "m", EntitySettings: api.EntitySettings{
				MinProvisionedThroughput: ptr(int64(0)), MaxProvisionedThroughput: ptr(int64(980)),
				WorkloadType: "GPU_LARGE", WorkloadSize: "Small",
			}}, true,
		},
		{"a provider that follows from its block", external("", "{{secrets/s/k}}", ""), external("openai", "{{secrets/s/k}}", ""), true},
		{"a plaintext that answers never show", external("openai", "", "k"), external("openai", "", ""), true},
		{"another reference", external("openai", "{{secrets/s/k}}", ""), external("openai", "{{secrets/s/l}}", ""), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := SameEntity(tc.a, tc.b); got != tc.want {
				t.Errorf("SameEntity is %v", got)
			}
			if got := SameEntity(tc.b, tc.a); got != tc.want {
				t.Errorf("SameEntity is %v the other way round", got)
			}
		})
	}
}

// What answers never show may have changed, so it is sent; whether it arrived cannot be asked.
func TestAPlaintextSecretIsSentAndHeld(t *testing.T) {
	shown := api.ServedEntity{Name: "gpt-4", ExternalModel: &api.ExternalModel{
		Name: "gpt-4", Provider: "openai", Task: api.TaskChat, OpenAI: &api.OpenAIConfig{},
	}}
	base := &api.ConfigOutput{ServedEntities: []api.ServedEntity{shown}, TrafficConfig: &api.TrafficConfig{
		Routes: []api.Route{{ServedEntityName: "gpt-4", TrafficPercentage: 100}},
	}}
	e := shown.Input()
	e.ExternalModel.OpenAI.APIKeyPlaintext = "rotated"
	d := New(base, Memory{})
	if err := d.SetEntity(e); err != nil {
		t.Fatal(err)
	}
	c := d.Compile()
	if Same(base, c) {
		t.Error("a plaintext secret would not be sent")
	}
	if !Holds(base, c) {
		t.Error("a plaintext secret counts as lost")
	}
}

// Sending back what the server chose by itself would make a second kind out of one.
func TestSiblingsAreSentAsTheyWereAskedFor(t *testing.T) {
	base := &api.ConfigOutput{ServedEntities: []api.ServedEntity{{
		Name: "pt", EntityName: "m", EntityVersion: "1", EntitySettings: api.EntitySettings{
			MaxProvisionedThroughput: ptr(int64(980)), WorkloadType: "GPU_LARGE", WorkloadSize: "Small", ScaleToZeroEnabled: ptr(false),
		},
	}}}
	got := New(base, Memory{}).Compile().Config.ServedEntities[0]
	if got.WorkloadType != "" || got.WorkloadSize != "" || got.ScaleToZeroEnabled != nil {
		t.Errorf("sent back: %+v", got.EntitySettings)
	}
}
