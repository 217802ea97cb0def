package walcheck

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A table of Raft's log is a row of blocks and a footer, as pebble/sstable and RocksDB (format 2) draw them:
//
//	block: entries | compression 1 | checksum 4, of both
//	footer: checksum's type 1 | handle of the metaindex | handle of the index | zeros, 41 so far | version 4 | magic 8
//
// A handle is offset and length, without compression and checksum, as varints. The values of the metaindex are handles of blocks, and
// those of the index, or of the blocks that it names, are handles of blocks of data. Raft's log is not compressed.
const (
	footerSize    = 53
	footerHandles = 41
	footerVersion = 2
	footerMagic   = "\xf7\xcf\xf4\x85\xb7\x41\xe2\x88"
	crc32cType    = 1
	blockTrailer  = 5
	// maxIndexDepth is how many blocks of index lead to a block of data.
	maxIndexDepth = 2
)

var (
	errFooter = errors.New("its footer is none")
	errHandle = errors.New("a handle leads out of it")
)

// ReadTable reads every block of a table of Raft's log, and returns an error when one is not what was written, or when there is
// something that belongs to no block.
func ReadTable(r io.ReaderAt, size int64) error {
	t := table{r: r, size: size - footerSize}
	meta, index, err := t.footer()
	if err != nil {
		return err
	}
	named, err := t.named(meta)
	if err != nil {
		return err
	}
	for _, h := range named {
		if _, err := t.block(h); err != nil {
			return err
		}
	}
	return t.descend([]handle{index}, maxIndexDepth)
}

// table is one that is being read.
type table struct {
	r    io.ReaderAt
	size int64 // without the footer
	read []handle
}

// handle says where a block is.
type handle struct{ at, length uint64 }

// footer returns the handles that everything else hangs on.
func (t *table) footer() (meta, index handle, err error) {
	var b [footerSize]byte
	if t.size < 0 {
		return meta, index, errFooter
	}
	if _, err := t.r.ReadAt(b[:], t.size); err != nil && !errors.Is(err, io.EOF) {
		return meta, index, err
	}
	version := binary.LittleEndian.Uint32(b[footerHandles:])
	if b[0] != crc32cType || version != footerVersion || string(b[footerHandles+4:]) != footerMagic {
		return meta, index, errFooter
	}
	e := edit{b: b[1:footerHandles]}
	meta, index = e.handle(), e.handle()
	return meta, index, e.err
}

func (e *edit) handle() handle { return handle{e.number(), e.number()} }

// block reads one block and checks it.
func (t *table) block(h handle) ([]byte, error) {
	if h.length > uint64(t.size) || h.at > uint64(t.size) || h.at+h.length+blockTrailer > uint64(t.size) {
		return nil, errHandle
	}
	b := make([]byte, h.length+blockTrailer)
	if _, err := t.r.ReadAt(b, int64(h.at)); err != nil {
		return nil, err
	}
	sum := len(b) - 4
	if masked(b[:sum]) != binary.LittleEndian.Uint32(b[sum:]) {
		return nil, fmt.Errorf("the checksum of its block at byte %d does not fit", h.at)
	}
	if b[h.length] != 0 {
		return nil, fmt.Errorf("its block at byte %d is compressed", h.at)
	}
	t.read = append(t.read, h)
	return b[:h.length], nil
}

// named reads a block and returns the handles in it.
//
//	entry: shared 1.. | unshared 1.. | value's length 1.. | rest of the key | value
//	block: entries | offsets of those that share nothing, 4 each | their number 4
func (t *table) named(h handle) (all []handle, err error) {
	b, err := t.block(h)
	if err != nil || len(b) < 4 {
		return nil, err
	}
	restarts := uint64(binary.LittleEndian.Uint32(b[len(b)-4:])) + 1
	if restarts > uint64(len(b)/4) {
		return nil, errHandle
	}
	e := edit{b: b[:uint64(len(b))-4*restarts]}
	for len(e.b) > 0 {
		e.number()
		unshared, value := e.number(), e.number()
		if unshared > uint64(len(e.b)) || value > uint64(len(e.b))-unshared {
			return nil, errHandle
		}
		v := edit{b: e.b[unshared : unshared+value]}
		if all = append(all, v.handle()); v.err != nil {
			return nil, v.err
		}
		e.b = e.b[unshared+value:]
	}
	return all, e.err
}

// descend reads what blocks of index name: blocks of data, or more index while the blocks so far do not make the whole table.
func (t *table) descend(index []handle, depth int) error {
	var below []handle
	for _, h := range index {
		named, err := t.named(h)
		if err != nil {
			return err
		}
		below = append(below, named...)
	}
	before := len(t.read)
	for _, h := range below {
		if _, err := t.block(h); err != nil {
			return err
		}
	}
	switch {
	case t.whole():
		return nil
	case depth == 1:
		return errors.New("something in it belongs to no block")
	}
	t.read = t.read[:before]
	return t.descend(below, depth-1)
}

// whole reports whether the blocks that were read lie side by side, and are all there is.
func (t *table) whole() bool {
	read := slices.SortedFunc(slices.Values(t.read), func(a, b handle) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	var at uint64
	for _, h := range slices.Compact(read) {
		if h.at != at {
			return false
		}
		at += h.length + blockTrailer
	}
	return at == uint64(t.size)
}
