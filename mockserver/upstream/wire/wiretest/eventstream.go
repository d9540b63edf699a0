// Package wiretest writes streams for tests. It knows nothing of what frames mean.
package wiretest

import (
	"encoding/binary"
	"hash/crc32"
)

// AppendMessage encodes a message of Amazon's binary event stream with string headers, given as name and value in
// turns.
func AppendMessage(to []byte, payload []byte, headers ...string) []byte {
	const prelude, trailer, stringValue = 12, 4, 7
	var h []byte
	for i := 0; i+1 < len(headers); i += 2 {
		h = append(h, byte(len(headers[i])))
		h = append(h, headers[i]...)
		h = append(h, stringValue)
		h = binary.BigEndian.AppendUint16(h, uint16(len(headers[i+1])))
		h = append(h, headers[i+1]...)
	}
	start := len(to)
	to = binary.BigEndian.AppendUint32(to, uint32(prelude+len(h)+len(payload)+trailer))
	to = binary.BigEndian.AppendUint32(to, uint32(len(h)))
	to = binary.BigEndian.AppendUint32(to, crc32.ChecksumIEEE(to[start:]))
	to = append(append(to, h...), payload...)
	return binary.BigEndian.AppendUint32(to, crc32.ChecksumIEEE(to[start:]))
}
