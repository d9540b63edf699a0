package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// serveProxy is the gateway's floor: a plain httputil.ReverseProxy before the upstream whose URL it reads. It
// keeps as many connections as the gateway does.
func serveProxy(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	raw, err := readJSON[string](stdin)
	if err != nil {
		return err
	}
	target, err := url.Parse(raw)
	if err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: 1024, DisableCompression: true}
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport,
		ErrorLog: log.New(io.Discard, "", 0), // the load leaves in the middle of its last requests
	}
	return serveRole(ctx, stdout, proxy)
}

// startProxy starts the floor on the gateway's core.
func startProxy(ctx context.Context, upstream string) (*process, error) {
	cmd, err := self(ctx, serverCore, "proxy", upstream)
	if err != nil {
		return nil, err
	}
	return launch(cmd)
}
