package suite

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
)

// suite is a server of one test, with the client under test.
type suite struct {
	t      *testing.T
	server *mockserver.Server
	url    string
}

// start gives a test a server of its own. A suite whose client can take a transport needs no socket: its
// http.Client gets server.Transport().
func start(t *testing.T, o mockserver.Options) *suite {
	t.Helper()
	server := mockserver.New(o)
	url, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &suite{t: t, server: server, url: url}
}

// call stands for the client under test.
func (s *suite) call(method, path, body string) (status int, answer map[string]any, err error) {
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewBufferString(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.t.Name())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, answer, json.NewDecoder(res.Body).Decode(&answer)
}

const chat = `{"name": "chat", "config": {"served_entities": [{
	"entity_name": "system.ai.llama_3_1_8b_instruct", "entity_version": "3", "min_provisioned_throughput": 0, "max_provisioned_throughput": 980
}]}}`

func TestCreateIsReady(t *testing.T) {
	t.Parallel()
	s := start(t, mockserver.Options{}) // deployments settle at once
	if status, answer, err := s.call("POST", "/api/2.0/serving-endpoints", chat); err != nil || status != http.StatusOK {
		t.Fatal(status, answer, err)
	}
	_, answer, err := s.call("GET", "/api/2.0/serving-endpoints/chat", "")
	if err != nil || answer["state"].(map[string]any)["ready"] != "READY" {
		t.Errorf("got %v, %v", answer, err)
	}
}

// A rollout that takes an hour takes no time where the test holds the clock.
func TestRolloutOfAnHour(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := start(t, mockserver.Options{Progression: mockserver.Scaled(1), Clock: func() time.Time { return now }})
	for _, want := range []string{"IN_PROGRESS", "NOT_UPDATING"} {
		if want == "IN_PROGRESS" {
			if status, answer, err := s.call("POST", "/api/2.0/serving-endpoints", chat); err != nil || status != http.StatusOK {
				t.Fatal(status, answer, err)
			}
		} else {
			now = now.Add(2 * time.Hour)
		}
		_, answer, err := s.call("GET", "/api/2.0/serving-endpoints/chat", "")
		if got := answer["state"].(map[string]any)["config_update"]; err != nil || got != want {
			t.Errorf("the update is %v, want %s, %v", got, want, err)
		}
	}
}

// The create is executed and its answer lost: what a client does next is what makes an orphan, or not.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, mockserver.Options{})
	s.server.Fault(mockserver.Fault{Route: "create_endpoint", Times: 1, After: true, HangUp: true})
	if _, _, err := s.call("POST", "/api/2.0/serving-endpoints", chat); err == nil {
		t.Fatal("the answer was not lost")
	}
	if status, answer, err := s.call("POST", "/api/2.0/serving-endpoints", chat); err != nil || status != http.StatusConflict {
		t.Errorf("the second create got %d %v, %v", status, answer, err)
	}
	if n := len(s.server.Endpoints(t.Name())); n != 1 {
		t.Errorf("%d endpoints, want 1", n)
	}
}

// A failed deployment says why, and the record says what the client asked.
func TestFailedDeployment(t *testing.T) {
	t.Parallel()
	s := start(t, mockserver.Options{})
	s.server.FailDeployment(mockserver.DeploymentFailure{Endpoint: "chat", Message: "the weights are missing", Times: 1})
	_, answer, err := s.call("POST", "/api/2.0/serving-endpoints", chat)
	if err != nil || answer["state"].(map[string]any)["config_update"] != "UPDATE_FAILED" {
		t.Errorf("got %v, %v", answer["state"], err)
	}
	if requests := s.server.Requests(); len(requests) != 1 || requests[0].Route != "create_endpoint" {
		t.Errorf("recorded %v", requests)
	}
}
