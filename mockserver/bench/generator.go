package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// order tells a generator what to do.
type order struct {
	URL         string        `json:"url"`
	Token       string        `json:"token"`
	Steps       []step        `json:"steps"`
	Connections int           `json:"connections"`
	Length      time.Duration `json:"length"`   // of the run
	Requests    int           `json:"requests"` // in all, instead of Length; 0: until Length is over
}

// result is what a generator saw.
type result struct {
	PerSecond float64       `json:"per_second"`
	P50       time.Duration `json:"p50"`
	P99       time.Duration `json:"p99"`
	Requests  int           `json:"requests"`
	Errors    int           `json:"errors"` // answers that are not 200
}

// generate is the generator's process: an order on stdin, a result on stdout.
func generate(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	o, err := readJSON[order](stdin)
	if err != nil {
		return err
	}
	r, err := o.execute(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(r)
}

// execute keeps every connection busy with its requests, which are made of bytes beforehand.
func (o order) execute(ctx context.Context) (result, error) {
	if o.Requests == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Length)
		defer cancel()
	}
	asks := make([]asker, o.Connections)
	began := time.Now()
	var all sync.WaitGroup
	for i := range asks {
		all.Go(func() { asks[i].run(ctx, o, i) })
	}
	all.Wait()
	took := time.Since(began)
	var r result
	var latencies []time.Duration
	for _, a := range asks {
		if a.err != nil {
			return r, a.err
		}
		latencies = append(latencies, a.latencies...)
		r.Errors += a.errors
	}
	if len(latencies) == 0 {
		return r, fmt.Errorf("no answer within %s", took)
	}
	slices.Sort(latencies)
	r.Requests = len(latencies)
	r.PerSecond = float64(len(latencies)) / took.Seconds()
	r.P50, r.P99 = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
	return r, nil
}

// asker is one connection.
type asker struct {
	latencies []time.Duration
	errors    int
	err       error
}

func (a *asker) run(ctx context.Context, o order, number int) {
	target, err := url.Parse(o.URL)
	if err != nil {
		a.err = err
		return
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", target.Host)
	if err != nil {
		a.err = err
		return
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 16<<10)
	requests := make([][]byte, len(o.Steps))
	for i, s := range o.Steps {
		requests[i] = s.of(strconv.Itoa(number)).bytes(target.Host, o.Token)
	}
	mine := o.Requests / o.Connections
	// A round of steps is finished even when the time is over, so that what was created is deleted.
	for n := 0; (o.Requests > 0 && n < mine) || (o.Requests == 0 && ctx.Err() == nil); {
		for _, r := range requests {
			began := time.Now()
			if _, a.err = conn.Write(r); a.err != nil {
				return
			}
			status, err := readAnswer(in)
			if err != nil {
				a.err = err
				return
			}
			if status != "200" {
				a.errors++
			}
			a.latencies = append(a.latencies, time.Since(began))
			n++
		}
	}
}

func (s step) bytes(host, token string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", s.Method, s.Path, host, token)
	if s.Body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(s.Body))
	}
	b.WriteString("\r\n" + s.Body)
	return b.Bytes()
}

// readAnswer reads an answer whose length is declared, and returns its status.
func readAnswer(in *bufio.Reader) (string, error) {
	status, length := "", -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		if status == "" {
			if _, rest, ok := strings.Cut(text, " "); ok {
				status, _, _ = strings.Cut(rest, " ")
			}
			continue
		}
		if k, v, ok := strings.Cut(text, ":"); ok && strings.EqualFold(k, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil {
				return "", err
			}
		}
	}
	if length < 0 {
		return "", fmt.Errorf("an answer %s without a length", status)
	}
	_, err := in.Discard(length)
	return status, err
}
