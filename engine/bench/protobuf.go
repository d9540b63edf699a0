package main

import (
	"encoding/binary"
	"math"
)

// message is a protocol buffer while it is written: as much of the encoding as
// an ONNX file needs (protobuf.dev/programming-guides/encoding).
type message struct{ data []byte }

const (
	wireVarint = 0
	wireBytes  = 2
	wireFixed  = 5
)

func (m *message) tag(field, wire int) {
	m.data = binary.AppendUvarint(m.data, uint64(field<<3|wire))
}

func (m *message) int(field int, v int64) {
	m.tag(field, wireVarint)
	m.data = binary.AppendUvarint(m.data, uint64(v))
}

func (m *message) bytes(field int, v []byte) {
	m.tag(field, wireBytes)
	m.data = binary.AppendUvarint(m.data, uint64(len(v)))
	m.data = append(m.data, v...)
}

func (m *message) string(field int, v string) { m.bytes(field, []byte(v)) }

func (m *message) message(field int, v *message) { m.bytes(field, v.data) }

func (m *message) float(field int, v float64) {
	m.tag(field, wireFixed)
	m.data = binary.LittleEndian.AppendUint32(m.data, math.Float32bits(float32(v)))
}
