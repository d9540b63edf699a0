package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// answerLimit bounds what is read of one answer, in bytes.
const answerLimit = 64 << 20

// Config says where the API is and how to reach it.
type Config struct {
	Host           string // http or https URL without a path
	Token          string // bearer token; exclusive with ClientID and ClientSecret
	ClientID       string // OAuth client credentials, exchanged at /oidc/v1/token
	ClientSecret   string
	UserAgent      string
	RetryTimeout   time.Duration                                                // for one call with all its retries; default 5 min
	RequestTimeout time.Duration                                                // for one HTTP request; default 60 s
	Transport      http.RoundTripper                                            // default: a pooled HTTP transport
	Log            func(ctx context.Context, msg string, fields map[string]any) // default: nothing
}

// Client is a typed client of the serving API. It is safe for concurrent use.
type Client struct {
	o    Config
	http *http.Client
	auth authorizer
}

// New checks c and returns a client. It sends nothing.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.Host)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("host must be an http or https URL, got %q", c.Host)
	}
	c.Host = u.Scheme + "://" + u.Host
	if c.RetryTimeout <= 0 {
		c.RetryTimeout = 5 * time.Minute
	}
	if c.RequestTimeout <= 0 {
		c.RequestTimeout = time.Minute
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = t.MaxIdleConns // one host is all there is
		c.Transport = t
	}
	if c.Log == nil {
		c.Log = func(context.Context, string, map[string]any) {}
	}
	k := &Client{o: c, http: &http.Client{Transport: c.Transport}}
	k.auth, err = newAuthorizer(c)
	return k, err
}

// Host is the API's base URL, without a trailing slash.
func (c *Client) Host() string { return c.o.Host }

// call sends a request with a JSON body, unless in is nil, and decodes the answer into out, unless that is nil.
func (c *Client) call(ctx context.Context, p policy, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	a, err := c.send(ctx, p, method, path, body)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return fmt.Errorf("%s %s: the answer is not what the API documents: %w", method, path, err)
	}
	return nil
}

// answer is a response that was read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// once sends one request. A status outside 2xx is an *Error.
func (c *Client) once(ctx context.Context, method, path string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.RequestTimeout, errors.New("no answer within request_timeout "+c.o.RequestTimeout.String()))
	defer cancel()
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.o.Host+path, r)
	if err != nil {
		return answer{}, err
	}
	req.GetBody = nil // a request that may have been executed is repeated by our policy alone
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.o.UserAgent != "" {
		req.Header.Set("User-Agent", c.o.UserAgent)
	}
	if err := c.auth(req); err != nil {
		return answer{}, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, newTransportError(ctx, method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return answer{}, newTransportError(ctx, method, path, err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: b}
	if a.status < 200 || a.status > 299 {
		return a, refusal(method, path, a)
	}
	return a, nil
}
