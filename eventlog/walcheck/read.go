package walcheck

import (
	"errors"
	"io"
)

// Found is what a file holds.
type Found struct {
	// End is the offset at which the last valid chunk ends; Size is the length of the file. Both in bytes.
	End, Size int64
	// Closed says that a log was closed: nothing ever followed End.
	Closed bool
	// Behind counts the valid records that end behind something that is not valid. They begin in a later block: where a
	// damaged chunk ends is not known.
	Behind int
}

// Read reads a log of Pebble by its file's number, or a manifest, whose number is 0. What is read of each record is told
// to each, unless that is nil; it must not keep it. It returns the errors of r and of each.
func Read(r io.Reader, number uint64, each func(record []byte) error) (Found, error) {
	w := walk{format: formatOf(number), each: each}
	block := make([]byte, blockSize)
	for {
		n, err := io.ReadFull(r, block)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return w.Found, err
		}
		if n > 0 {
			if err := w.block(block[:n]); err != nil {
				return w.Found, err
			}
		}
		if n < blockSize {
			return w.Found, nil
		}
	}
}

// walk goes through a file.
type walk struct {
	format
	Found
	each   func([]byte) error
	record []byte
	over   bool // End is what it will be
}

// block reads the next block.
func (w *walk) block(b []byte) error {
	at := w.Size
	w.Size += int64(len(b))
	if w.over {
		w.behind(b)
		return nil
	}
	rest := b
	for {
		c, ok := w.next(rest)
		if !ok {
			break
		}
		rest = rest[c.size:]
		if err := w.take(&c); err != nil {
			return err
		}
	}
	if len(b) == blockSize && w.padding(rest) {
		rest = nil
	}
	w.End = at + int64(len(b)-len(rest))
	if w.Closed = w.trailer(rest); w.Closed {
		w.End += logHeader
	}
	w.over = len(rest) > 0
	return nil
}

// take puts the records together.
func (w *walk) take(c *chunk) error {
	if w.each == nil {
		return nil
	}
	if c.kind == chunkFull || c.kind == chunkFirst {
		w.record = w.record[:0]
	}
	w.record = append(w.record, c.payload...)
	if !c.ends() {
		return nil
	}
	return w.each(w.record)
}

// behind counts what is valid although it should not be there.
func (w *walk) behind(b []byte) {
	for !w.Closed {
		c, ok := w.next(b)
		if !ok {
			return
		}
		if c.ends() {
			w.Behind++
		}
		b = b[c.size:]
	}
}
