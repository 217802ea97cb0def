package entry

import (
	"bufio"
	"io"
	"sync"
)

// maxHead is the longest header, in bytes, that is read here. Overflow: it is the server's.
const maxHead = 4 << 10

// input is what was read of a connection.
type input struct{ *bufio.Reader }

var inputs = sync.Pool{New: func() any { return &input{bufio.NewReaderSize(nil, maxHead)} }}

func borrow(from io.Reader) *input {
	in := inputs.Get().(*input)
	in.Reset(from)
	return in
}

// giveBack ends the use of an input, and of all slices of it.
func (in *input) giveBack() {
	in.Reset(nil)
	inputs.Put(in)
}

// more waits for more, and returns all that was read and not taken yet; it is good until the next call. bufio.ErrBufferFull when it
// is too much already.
func (in *input) more() (all []byte, err error) {
	if _, err := in.Peek(in.Buffered() + 1); err != nil {
		return nil, err
	}
	return in.all(), nil
}

// all is more without waiting.
func (in *input) all() []byte {
	all, _ := in.Peek(in.Buffered()) // there is so much
	return all
}
