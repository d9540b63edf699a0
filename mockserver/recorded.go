package mockserver

import (
	"bytes"
	"net/http"
	"time"
)

// packedBody is up to which size a body is copied to the rest of its request, in bytes.
const packedBody = 4 << 10

// keptRequest is a request in one piece without pointers in it, large bodies apart.
type keptRequest struct {
	time   time.Time
	status int
	size   int // of the body
	packed []byte
	ends   [6]uint32 // in packed, of the texts and the header; a packed body is the rest
	large  []byte    // a body that is not packed
}

// texts are the parts of a request that stand before its header.
func (q Recorded) texts() [5]string {
	return [...]string{q.Workspace, q.Route, q.Method, q.Path, q.Query}
}

// keep packs a request into room, as large as packedSize says. Credentials are left out.
func keep(room []byte, q Recorded) keptRequest {
	k := keptRequest{time: q.Time, status: q.Status, size: len(q.Body), packed: room}
	for i, text := range q.texts() {
		k.packed = append(k.packed, text...)
		k.ends[i] = uint32(len(k.packed))
	}
	k.packed = packHeader(k.packed, q.Header)
	k.ends[5] = uint32(len(k.packed))
	if k.size > packedBody {
		k.large = q.Body
	} else {
		k.packed = append(k.packed, q.Body...)
	}
	return k
}

// recorded unpacks a request.
func (k *keptRequest) recorded(seq int) Recorded {
	part := func(i int) []byte {
		begin := uint32(0)
		if i > 0 {
			begin = k.ends[i-1]
		}
		return k.packed[begin:k.ends[i]]
	}
	q := Recorded{
		Seq: seq, Time: k.time, Status: k.status, Workspace: string(part(0)), Route: string(part(1)), Method: string(part(2)),
		Path: string(part(3)), Query: string(part(4)), Header: unpackHeader(part(5)), Body: k.large,
	}
	if body := k.packed[k.ends[5]:]; len(body) > 0 {
		q.Body = body
	}
	return q
}

// packHeader appends a header without its credentials.
func packHeader(to []byte, h http.Header) []byte {
	for k, values := range h {
		secret := k == "Authorization" || k == "Proxy-Authorization" || k == "Cookie"
		for _, v := range values {
			if secret && v != "" {
				v = redacted
			}
			to = append(append(append(append(to, k...), '\n'), v...), '\n')
		}
	}
	return to
}

// packedSize is what a request needs at most.
func packedSize(q Recorded) int {
	size := 0
	if len(q.Body) <= packedBody {
		size = len(q.Body)
	}
	for _, text := range q.texts() {
		size += len(text)
	}
	for k, values := range q.Header {
		for _, v := range values {
			size += len(k) + max(len(v), len(redacted)) + 2
		}
	}
	return size
}

// unpackHeader reads what packHeader wrote: neither names nor values hold line feeds.
func unpackHeader(packed []byte) http.Header {
	h := http.Header{}
	for len(packed) > 0 {
		key, rest, _ := bytes.Cut(packed, []byte{'\n'})
		value, rest, _ := bytes.Cut(rest, []byte{'\n'})
		h[string(key)] = append(h[string(key)], string(value))
		packed = rest
	}
	return h
}
