package walcheck

import (
	"encoding/binary"
	"hash/crc32"
)

// A file is a row of blocks, and a block a row of chunks, as pebble/record draws them:
//
//	checksum 4 | length 2 | type 1 | log number 4, in logs only | payload
//
// The checksum is CRC-32C, masked, of all that follows the length. What is left of a block and too short for a header is zero.
// A record is one full chunk, or a first one, middle ones and a last one.
const (
	blockSize = 32 << 10

	plainHeader = 7  // manifests
	logHeader   = 11 // logs, whose files are written over

	chunkFull  = 1
	chunkFirst = 2
	chunkLast  = 4
	// logType is added to the type of a chunk with a log number.
	logType = 4
)

// chunk is one that is valid.
type chunk struct {
	kind    byte // chunkFull..chunkLast
	payload []byte
	size    int // with its header
}

// ends reports whether a record ends with c.
func (c *chunk) ends() bool { return c.kind == chunkFull || c.kind == chunkLast }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum as it is stored.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// format is one of the two forms of a file.
type format struct {
	header int
	number uint32 // of the log; 0 for a manifest
}

func formatOf(number uint64) format {
	if number == 0 {
		return format{header: plainHeader}
	}
	return format{logHeader, uint32(number)}
}

// next returns the chunk that b, the rest of a block, begins with.
func (f format) next(b []byte) (c chunk, ok bool) {
	if len(b) < f.header {
		return chunk{}, false
	}
	kind := b[6]
	if f.number != 0 {
		if kind -= logType; binary.LittleEndian.Uint32(b[7:]) != f.number {
			return chunk{}, false
		}
	}
	c.size = f.header + int(binary.LittleEndian.Uint16(b[4:]))
	if kind < chunkFull || kind > chunkLast || c.size > len(b) || masked(b[6:c.size]) != binary.LittleEndian.Uint32(b) {
		return chunk{}, false
	}
	c.kind, c.payload = kind, b[f.header:c.size]
	return c, true
}

// trailer reports whether b begins with what Pebble writes when it closes a log: an empty chunk of the next one.
func (f format) trailer(b []byte) bool {
	return f.number != 0 && len(b) >= logHeader && binary.LittleEndian.Uint32(b) == 0 && binary.LittleEndian.Uint16(b[4:]) == 0 &&
		b[6] == chunkFull+logType && binary.LittleEndian.Uint32(b[7:]) == f.number+1
}

// padding reports whether b, the rest of a whole block, is what a writer leaves, and a reader passes.
func (f format) padding(b []byte) bool {
	if len(b) >= f.header {
		return false
	}
	for _, c := range b[:min(len(b), plainHeader)] {
		if c != 0 {
			return len(b) < plainHeader // too short to be looked at
		}
	}
	return true
}
