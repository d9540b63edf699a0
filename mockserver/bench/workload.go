package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// step is one request. In path and body {} stands for the number of the connection.
type step struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   string `json:"body"`
}

func (s step) of(connection string) step {
	s.Path = strings.ReplaceAll(s.Path, "{}", connection)
	s.Body = strings.ReplaceAll(s.Body, "{}", connection)
	return s
}

// workload is what each connection asks, over and over.
type workload struct {
	name   string
	steps  []step
	target float64 // of the floor's requests per second; 0: none
}

const (
	endpoints = "/api/2.0/serving-endpoints"
	create    = `{"name":"bench-{}","config":{"served_entities":[{"name":"a","entity_name":"system.ai.llama_3_1_8b_instruct",` +
		`"entity_version":"1","workload_size":"Small","scale_to_zero_enabled":true}]},"tags":[{"key":"team","value":"ml"}]}`
	chat = `{"messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"What is a serving endpoint?"}],` +
		`"max_tokens":16,"temperature":0.5,"seed":1}`
)

func workloads() []workload {
	return []workload{
		{"get", []step{{http.MethodGet, endpoints + "/bench-fixed", ""}}, 0.6},
		{"invoke", []step{{http.MethodPost, "/serving-endpoints/bench-fixed/invocations", chat}}, 0.7},
		{"create-delete", []step{{http.MethodPost, endpoints, create}, {http.MethodDelete, endpoints + "/bench-{}", ""}}, 0},
	}
}

// prepare makes the endpoint that workloads ask for.
func prepare(ctx context.Context, p *process) error {
	_, err := p.ask(ctx, step{http.MethodPost, endpoints, create}.of("fixed"))
	return err
}

// ask sends one request and keeps the answer.
func (p *process) ask(ctx context.Context, s step) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, s.Method, p.URL+s.Path, strings.NewReader(s.Body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+p.Token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", s.Method, s.Path, resp.Status, b)
	}
	a := answer{Method: s.Method, Header: map[string]string{}, Body: string(b)}
	for _, k := range []string{"Content-Type", "Served-Model-Name"} {
		if v := resp.Header.Get(k); v != "" {
			a.Header[k] = v
		}
	}
	return a, err
}

// answers asks each step once.
func (p *process) answers(ctx context.Context, w workload) ([]answer, error) {
	var out []answer
	for _, s := range w.steps {
		a, err := p.ask(ctx, s.of("probe"))
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
