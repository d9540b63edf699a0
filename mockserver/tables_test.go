package mockserver

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
)

func TestInferenceTable(t *testing.T) {
	dir := t.TempDir()
	s := New(Options{Simulate: true, InferenceTables: dir})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("e", pt))
	body := `{"messages":[{"role":"user","content":"hi"}],"max_tokens":2,"temperature":0}`
	c.ok("POST", api.InvocationsPath("e"), body)
	c.ok("PUT", api.AIGatewayPath("e"), `{"inference_table_config":{"enabled":true,"catalog_name":"../c","schema_name":"s"}}`)
	answer := c.ok("POST", api.InvocationsPath("e"), body)
	stream := c.ok("POST", api.InvocationsPath("e"), body[:len(body)-1]+`,"stream":true}`)
	c.do("POST", api.InvocationsPath("e"), `{"prompt":7}`) // refused before an entity is asked
	c.do("POST", api.InvocationsPath("e"), `{"prompt":"x","n":9}`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "___c.s.e_payload.jsonl" {
		t.Fatalf("files %v, %v", files, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	want := []struct {
		status   int
		response string
	}{{200, answer}, {200, stream}, {400, `"error_code":"INVALID_PARAMETER_VALUE"`}}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d: %s", len(lines), len(want), b)
	}
	for i, line := range lines {
		var row tableRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if row.Status != want[i].status || !strings.Contains(row.Response, want[i].response) || row.Entity != "a" || row.Requester != defaultUser || row.Request == "" {
			t.Errorf("row %d: %+v", i, row)
		}
	}
}

func TestPayloadLimits(t *testing.T) {
	s := New(Options{Simulate: true})
	c := call(t, s)
	c.ok("POST", api.PathEndpoints, create("foundation", pt))
	c.ok("POST", api.PathEndpoints, create("custom", custom))
	body := func(size int) string {
		const text = `{"prompt":"x","max_tokens":1}`
		return text + strings.Repeat(" ", size-len(text))
	}
	for _, l := range []struct {
		endpoint string
		size     int
		status   int
	}{
		{"foundation", smallBodyLimit, http.StatusOK}, {"foundation", smallBodyLimit + 1, http.StatusRequestEntityTooLarge},
		{"custom", smallBodyLimit + 1, http.StatusOK}, {"custom", bodyLimit + 1, http.StatusRequestEntityTooLarge},
	} {
		if status, answer := c.do("POST", api.InvocationsPath(l.endpoint), body(l.size)); status != l.status {
			t.Errorf("%s, %d bytes: %d %.200s", l.endpoint, l.size, status, answer)
		}
	}
}
