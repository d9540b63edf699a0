package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// streamOrder tells a reader of streams what to do: so many streams at once, each asked anew Repeats times,
// their beginnings spread over Ramp.
type streamOrder struct {
	URL     string        `json:"url"`
	Token   string        `json:"token"`
	Step    step          `json:"step"`
	Streams int           `json:"streams"`
	Repeats int           `json:"repeats"`
	Frames  int           `json:"frames"` // that each must bring
	Ramp    time.Duration `json:"ramp"`
}

// streamResult is what a reader of streams saw.
type streamResult struct {
	Whole    int           `json:"whole"` // streams with every frame
	First50  time.Duration `json:"first50"`
	First99  time.Duration `json:"first99"` // from a request to its first frame
	Gap50    time.Duration `json:"gap50"`
	Gap99    time.Duration `json:"gap99"` // how much longer than the upstream made it a gap between two frames is
	Transit  time.Duration `json:"transit"`
	Problems string        `json:"problems"`
}

// readStreams is the reader's process: an order on stdin, a result on stdout.
func readStreams(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	o, err := readJSON[streamOrder](stdin)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(o.execute(ctx))
}

// execute connects everybody first, so that what is measured is streams and not handshakes.
func (o streamOrder) execute(ctx context.Context) streamResult {
	listeners := make([]listener, o.Streams)
	errs := make([]error, o.Streams)
	for i := range listeners {
		errs[i] = listeners[i].connect(ctx, o)
	}
	began := time.Now()
	var all sync.WaitGroup
	for i := range listeners {
		if errs[i] == nil {
			all.Go(func() {
				time.Sleep(time.Until(began.Add(o.Ramp * time.Duration(i) / time.Duration(o.Streams))))
				errs[i] = listeners[i].run(o)
			})
		}
	}
	all.Wait()
	var r streamResult
	var first, gaps, transits []time.Duration
	for i := range listeners {
		l := &listeners[i]
		r.Whole += l.whole
		first, gaps, transits = append(first, l.first...), append(gaps, l.gaps...), append(transits, l.transits...)
	}
	r.First50, r.First99 = quantile(first, 50), quantile(first, 99)
	r.Gap50, r.Gap99 = quantile(gaps, 50), quantile(gaps, 99)
	r.Transit = quantile(transits, 99)
	if err := errors.Join(errs...); err != nil {
		r.Problems = fmt.Sprintf("%.200s", err)
	}
	return r
}

// quantile sorts its argument; 0 of nothing.
func quantile(d []time.Duration, percent int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)*percent/100, len(d)-1)]
}

// listener is one connection that reads streams.
type listener struct {
	conn     net.Conn
	in       *bufio.Reader
	request  []byte
	whole    int
	first    []time.Duration
	gaps     []time.Duration
	transits []time.Duration
}

func (l *listener) connect(ctx context.Context, o streamOrder) error {
	target, err := url.Parse(o.URL)
	if err != nil {
		return err
	}
	if l.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", target.Host); err != nil {
		return err
	}
	l.in = bufio.NewReaderSize(l.conn, 4<<10)
	l.request = o.Step.bytes(target.Host, o.Token)
	l.gaps = make([]time.Duration, 0, o.Repeats*o.Frames)
	l.transits = make([]time.Duration, 0, o.Repeats*o.Frames)
	return nil
}

// run asks for stream after stream.
func (l *listener) run(o streamOrder) error {
	defer func() { _ = l.conn.Close() }()
	for range o.Repeats {
		if err := l.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			return err
		}
		frames, err := l.read()
		if err != nil {
			return fmt.Errorf("after %d frames: %w", frames, err)
		}
		if frames != o.Frames {
			return fmt.Errorf("%d frames of %d", frames, o.Frames)
		}
		l.whole++
	}
	return nil
}

// read takes in one stream. It looks at lines, not at chunks: whoever stands between may cut them elsewhere.
func (l *listener) read() (frames int, err error) {
	asked := time.Now()
	if _, err := l.conn.Write(l.request); err != nil {
		return 0, err
	}
	var before, sentBefore time.Time
	done := false
	for {
		line, err := l.in.ReadSlice('\n')
		switch {
		case err != nil:
			return frames, err
		case done && string(line) == "0\r\n": // the last chunk
			_, err = l.in.Discard(2)
			return frames, err
		case bytes.HasPrefix(line, []byte("data: [DONE]")):
			done = true
			continue
		}
		stamp, ok := stampOf(line)
		if !ok {
			continue
		}
		now, sent := time.Now(), time.Unix(0, stamp)
		l.transits = append(l.transits, now.Sub(sent))
		if frames == 0 {
			l.first = append(l.first, now.Sub(asked))
		} else {
			l.gaps = append(l.gaps, now.Sub(before)-sent.Sub(sentBefore))
		}
		before, sentBefore = now, sent
		frames++
	}
}

// stampOf finds the upstream's time in a frame.
func stampOf(line []byte) (int64, bool) {
	_, rest, ok := bytes.Cut(line, []byte(`"content":"`))
	if !ok {
		return 0, false
	}
	digits, _, _ := bytes.Cut(rest, []byte(`"`))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	return n, err == nil
}

// listen reads streams in a process of its own, on the load's core.
func listen(ctx context.Context, o streamOrder) (streamResult, error) {
	cmd, err := self(ctx, loadCore, "streams", o)
	if err != nil {
		return streamResult{}, err
	}
	b, err := cmd.Output()
	if err != nil {
		return streamResult{}, fmt.Errorf("streams: %w", err)
	}
	return readJSON[streamResult](bytes.NewReader(b))
}
