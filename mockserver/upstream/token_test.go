package upstream

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inference-iac/terraform-provider-inference/internal/api"
	"github.com/inference-iac/terraform-provider-inference/mockserver/upstream/egress"
)

// tokenService sells tokens and serves the models that they open.
type tokenService struct {
	*httptest.Server
	sold      atomic.Int32
	status    atomic.Int32 // of the next sale; 0: 200
	assertion atomic.Value
}

func newTokenService(t *testing.T) *tokenService {
	t.Helper()
	s := &tokenService{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/token":
			if r.Header.Get("Authorization") != "Bearer ACCESS" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			_, _ = io.WriteString(w, `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`)
		case s.status.Load() != 0:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(int(s.status.Load()))
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"`+r.FormValue("assertion")+`"}`)
		default:
			s.sold.Add(1)
			s.assertion.Store(r.FormValue("assertion"))
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"ACCESS","token_type":"Bearer","expires_in":3600}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func vertex(t *testing.T, s *tokenService, clock func() time.Time) *External {
	t.Helper()
	x, err := NewExternal(ExternalConfig{
		Name: "gemini", BaseURL: s.URL, TokenURL: s.URL + "/token",
		Model: &api.ExternalModel{Name: "gemini", Provider: "google-cloud-vertex-ai", GoogleCloudVertexAI: &api.GoogleCloudVertexAIConfig{ProjectID: "p", Region: "us-east1"}},
	}, Options{Policy: egress.Local(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

// Plaintext secrets of a configuration are not kept.
func TestExternalKeepsNoSecret(t *testing.T) {
	m := &api.ExternalModel{Name: "m", Provider: "openai", OpenAI: &api.OpenAIConfig{APIKeyPlaintext: "sk-secret"}}
	x, err := NewExternal(ExternalConfig{Name: "e", Model: m}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if x.model.OpenAI.APIKeyPlaintext != "" || m.OpenAI.APIKeyPlaintext == "" {
		t.Errorf("kept %+v, given %+v", x.model.OpenAI, m.OpenAI)
	}
}

func askVertex(t *testing.T, x *External, account string) error {
	t.Helper()
	_, err := x.Generate(t.Context(), Request{Prompt: "Hi"}, func(context.Context, string) (string, error) { return account, nil })
	return err
}

func TestGoogleToken(t *testing.T) {
	s := newTokenService(t)
	now := time.Now()
	x := vertex(t, s, func() time.Time { return now })
	account := serviceAccount(t)
	for range 3 {
		if err := askVertex(t, x, account); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.sold.Load(); n != 1 {
		t.Errorf("%d tokens for three calls", n)
	}
	checkAssertion(t, s, account)
	now = now.Add(time.Hour - tokenMargin/2)
	if err := askVertex(t, x, account); err != nil || s.sold.Load() != 2 {
		t.Errorf("a token near its end: %v, %d sold", err, s.sold.Load())
	}
	now = time.Now()
	if err := askVertex(t, x, serviceAccount(t)); err != nil || s.sold.Load() != 3 {
		t.Errorf("another key: %v, %d sold", err, s.sold.Load())
	}
}

// checkAssertion proves who signed what the token was bought with, and for whom.
func checkAssertion(t *testing.T, s *tokenService, account string) {
	t.Helper()
	var document struct {
		PrivateKey string `json:"private_key"`
	}
	if err := json.Unmarshal([]byte(account), &document); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(document.PrivateKey))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(s.assertion.Load().(string), ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
		t.Error(err)
	}
	var claims struct{ Iss, Aud, Scope string }
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Aud != s.URL+"/token" || claims.Iss != "robot@project.iam.gserviceaccount.com" || claims.Scope != "https://www.googleapis.com/auth/cloud-platform" {
		t.Errorf("%s %v", payload, err)
	}
}

func TestNoToken(t *testing.T) {
	account := serviceAccount(t)
	for _, c := range []struct {
		name, account string
		status        int32
		kind          error
	}{
		{"refused", account, 400, ErrKey},
		{"the service is down", account, 503, ErrUnavailable},
		{"redirected", account, 302, ErrKey},
		{"no JSON", "-----BEGIN PRIVATE KEY-----\nabc\n", 0, ErrKey},
		{"no key in it", `{"client_email":"a@b"}`, 0, ErrKey},
		{"a key that is none", `{"client_email":"a@b","private_key":"hunter2"}`, 0, ErrKey},
	} {
		s := newTokenService(t)
		s.status.Store(c.status)
		err := askVertex(t, vertex(t, s, nil), c.account)
		var known *Error
		if !errors.Is(err, c.kind) || !errors.As(err, &known) || s.sold.Load() != 0 {
			t.Errorf("%s: %v", c.name, err)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%s: a secret: %v", c.name, err)
		}
	}
}

func TestTokensAreBoughtAtAllowedPlacesOnly(t *testing.T) {
	s := newTokenService(t)
	x := vertex(t, s, nil)
	x.caller = newCaller("gemini", Options{})
	if err := askVertex(t, x, serviceAccount(t)); !errors.Is(err, ErrForbidden) || s.sold.Load() != 0 {
		t.Errorf("%v", err)
	}
}
