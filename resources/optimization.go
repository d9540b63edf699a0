package resources

import (
	"context"
	"fmt"
	"sync"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/internal/client"
)

// modelInfos asks for each model version's optimization info once per provider configuration. What a version
// can do does not change.
type modelInfos struct {
	client *client.Client

	mu    sync.Mutex
	known map[modelVersion]*modelInfo
}

type modelVersion struct {
	name    string
	version api.Version
}

type modelInfo struct {
	mu   sync.Mutex // held while the question is under way, so that siblings wait for one answer
	done bool
	info api.OptimizationInfo
}

func newModelInfos(c *client.Client) *modelInfos {
	return &modelInfos{client: c, known: map[modelVersion]*modelInfo{}}
}

// get returns the info of a model version. Failures are not remembered.
func (m *modelInfos) get(ctx context.Context, name string, version api.Version) (api.OptimizationInfo, error) {
	key := modelVersion{name, version}
	m.mu.Lock()
	e := m.known[key]
	if e == nil {
		e = &modelInfo{}
		m.known[key] = e
	}
	m.mu.Unlock()

	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done {
		return e.info, nil
	}
	info, err := m.client.OptimizationInfo(ctx, name, version)
	if err != nil {
		return api.OptimizationInfo{}, err
	}
	e.info, e.done = info, true
	return info, nil
}

// checkThroughput returns an error where tokensPerSecond is no multiple of the chunk; it names the nearest
// values that are.
func checkThroughput(tokensPerSecond, chunk int64) error {
	if chunk <= 0 || tokensPerSecond%chunk == 0 {
		return nil
	}
	below := tokensPerSecond / chunk * chunk
	return fmt.Errorf("must be a multiple of the model's throughput_chunk_size %d; the nearest are %d and %d, got %d",
		chunk, below, below+chunk, tokensPerSecond)
}
