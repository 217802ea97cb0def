package hub

import (
	"bytes"
	"sync"
)

// scratch holds memory in which frames are put together.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch is the most, in bytes, that is kept for the next frames.
const maxScratch = 64 << 10

// assembled returns what write appends, in as much memory as that takes: it may wait long for a peer that is slow.
func assembled(write func(dst []byte) []byte) []byte {
	buf := scratch.Get().(*[]byte)
	*buf = write((*buf)[:0])
	made := bytes.Clone(*buf)
	if cap(*buf) <= maxScratch {
		scratch.Put(buf)
	}
	return made
}
