package mockserver_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/mockserver"
	"github.com/inference-iac/terraform-provider-inference/mockserver/storetest"
)

const (
	sharedEndpoint = `{"name":"a","config":{"served_entities":[{"name":"x","entity_name":"system.ai.llama_3_1_8b_instruct","entity_version":"1","workload_size":"Small"}]}}`
	outsideModel   = `{"name":"o","config":{"served_entities":[{"name":"z","external_model":{"name":"gpt-4","provider":"openai","task":"llm/v1/chat","openai_config":{"openai_api_key_plaintext":"sk-canary"}}}]}}`
)

// answers fails unless an answer begins with a status and has a part.
func answers(t *testing.T, s *mockserver.Server, r request, status, part string) {
	t.Helper()
	got, err := ask(s.Transport(), r)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got, status) || !strings.Contains(got, part) {
		t.Errorf("%s %s: %s, want %s and %q", r.method, r.path, got, status, part)
	}
}

// TestStoreGone: without the store nothing is written and nothing old is shown, and invocations go on.
func TestStoreGone(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	h := &storetest.Hub{Before: func(storetest.Op) error {
		if gone.Load() {
			return mockserver.ErrUnavailable
		}
		return nil
	}}
	s := sharing(t, h, 1, mockserver.Options{Simulate: true}).servers[0]
	create := request{"POST", "/api/2.0/serving-endpoints", sharedEndpoint}
	answers(t, s, create, "200", "")
	gone.Store(true)
	if _, err := mockserver.Share(t.Context(), h.Open(), "key", mockserver.Options{}); !errors.Is(err, mockserver.ErrUnavailable) {
		t.Errorf("a server starts without its store: %v", err)
	}
	get := request{"GET", "/api/2.0/serving-endpoints/a", ""}
	answers(t, s, get, "503", "store")
	answers(t, s, request{"DELETE", get.path, ""}, "503", "store")
	answers(t, s, create, "503", "store")
	answers(t, s, request{"GET", "/ready", ""}, "503", "store")
	answers(t, s, request{"GET", "/health", ""}, "200", "ok")
	answers(t, s, request{"POST", "/serving-endpoints/a/invocations", `{"prompt":"x","max_tokens":1}`}, "200", "choices")
	answers(t, s, request{"POST", "/serving-endpoints/none/invocations", `{"prompt":"x","max_tokens":1}`}, "404", "does not exist")
	q, err := http.NewRequest(get.method, "http://mock.test"+get.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer t")
	resp, err := s.Transport().RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Header.Get("Retry-After") == "" {
		t.Error("a 503 says nothing of when to come again")
	}
	gone.Store(false)
	answers(t, s, get, "200", `"name":"a"`)
	answers(t, s, request{"GET", "/ready", ""}, "200", "ready")
}

// TestFreshInvocations: what another server has created can be invoked at once.
func TestFreshInvocations(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	var begun atomic.Bool
	h := &storetest.Hub{Tell: func() {
		if begun.Load() {
			<-hold
		}
	}}
	servers := sharing(t, h, 2, mockserver.Options{Simulate: true}).servers
	answers(t, servers[1], request{"GET", "/api/2.0/serving-endpoints", ""}, "200", "")
	begun.Store(true)
	answers(t, servers[0], request{"POST", "/api/2.0/serving-endpoints", sharedEndpoint}, "200", "")
	go close(hold) // the other server waits for it
	answers(t, servers[1], request{"POST", "/serving-endpoints/a/invocations", `{"prompt":"x","max_tokens":1}`}, "200", "choices")
}

func TestSharedSecrets(t *testing.T) {
	t.Parallel()
	scope := request{"POST", "/api/2.0/secrets/scopes/create", `{"scope":"s"}`}
	secret := request{"POST", "/api/2.0/secrets/put", `{"scope":"s","key":"k","string_value":"sk-canary"}`}
	outside := request{"POST", "/api/2.0/serving-endpoints", outsideModel}
	for _, key := range []string{"", "key"} {
		h := &storetest.Hub{}
		var servers []*mockserver.Server
		for range 2 {
			s, err := mockserver.Share(t.Context(), h.Open(), key, mockserver.Options{})
			if err != nil {
				t.Fatal(err)
			}
			servers = append(servers, s)
		}
		answers(t, servers[0], scope, "200", "")
		list := request{"GET", "/api/2.0/secrets/list?scope=s", ""}
		if key == "" {
			answers(t, servers[0], secret, "400", "key")
			answers(t, servers[0], outside, "400", "key")
			answers(t, servers[1], list, "200", "{}")
		} else {
			answers(t, servers[0], secret, "200", "")
			answers(t, servers[0], outside, "200", "")
			answers(t, servers[1], list, "200", `"k"`)
		}
		for _, v := range h.Values() {
			if bytes.Contains(v, []byte("canary")) || (key != "" && bytes.Contains(v, []byte("gpt-4"))) {
				t.Errorf("key %q: the store holds %s", key, v)
			}
		}
		for _, other := range []string{"", "key", "another"} {
			s, err := mockserver.Share(t.Context(), h.Open(), other, mockserver.Options{})
			switch {
			case err == nil:
				servers = append(servers, s)
				if other != key {
					t.Errorf("key %q opens what %q closed", other, key)
				}
			case other == key || !strings.Contains(err.Error(), "wrong key"):
				t.Errorf("key %q for %q: %v", other, key, err)
			}
		}
		for _, s := range servers {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
