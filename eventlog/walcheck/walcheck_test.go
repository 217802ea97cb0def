package walcheck_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/parley-im/parley/eventlog/walcheck"
)

const (
	number = 7
	block  = 32 << 10
)

// records returns some of lengths that fill blocks in every way: within one, over several, up to the very end.
func records(rng *rand.Rand) (all [][]byte) {
	for range 60 {
		b := make([]byte, []int{0, 1, 100, 3000, 32 << 10, 70 << 10}[rng.IntN(6)]+rng.IntN(40))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		all = append(all, b)
	}
	return all
}

// writer writes chunks, as pebble/record does.
type writer struct {
	b      []byte
	number uint32
}

func (w *writer) header() int {
	if w.number == 0 {
		return 7
	}
	return 11
}

// record writes one, in as many chunks as it takes.
func (w *writer) record(r []byte) {
	for first := true; first || len(r) > 0; first = false {
		room := block - len(w.b)%block - w.header()
		n := min(len(r), room)
		kind := byte(3) // middle
		switch last := n == len(r); {
		case first && last:
			kind = 1
		case first:
			kind = 2
		case last:
			kind = 4
		}
		w.chunk(kind, r[:n])
		if r = r[n:]; block-len(w.b)%block < w.header() {
			w.b = append(w.b, make([]byte, block-len(w.b)%block)...)
		}
	}
}

func (w *writer) chunk(kind byte, payload []byte) {
	body := []byte{kind}
	if w.number != 0 {
		body = binary.LittleEndian.AppendUint32([]byte{kind + 4}, w.number)
	}
	body = append(body, payload...)
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	w.b = binary.LittleEndian.AppendUint32(w.b, (sum>>15|sum<<17)+0xa282ead8)
	w.b = binary.LittleEndian.AppendUint16(w.b, uint16(len(payload)))
	w.b = append(w.b, body...)
}

// logOf writes a log, and returns it with the offsets at which records end.
func logOf(number uint32, all [][]byte, closed bool) (file []byte, ends []int64) {
	w := writer{number: number}
	for _, r := range all {
		w.record(r)
		ends = append(ends, int64(len(w.b)))
	}
	if closed {
		w.b = append(w.b, 0, 0, 0, 0, 0, 0, 5)
		w.b = binary.LittleEndian.AppendUint32(w.b, number+1)
	}
	return w.b, ends
}

// manifestOf writes a manifest.
func manifestOf(all [][]byte) []byte {
	var w writer
	for _, r := range all {
		w.record(r)
	}
	return w.b
}

func read(t *testing.T, file []byte, number uint64) (walcheck.Found, [][]byte) {
	t.Helper()
	var got [][]byte
	f, err := walcheck.Read(bytes.NewReader(file), number, func(r []byte) error {
		got = append(got, bytes.Clone(r))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, got
}

func same(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// What Pebble writes is read to its end, record by record: logs, closed or not, and manifests. What an older log has left in the
// file behind it, and zeros, are not taken for its own.
func TestRead_FindsTheEndOfWhatPebbleWrote(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		all := records(rng)
		for _, closed := range []bool{true, false} {
			file, ends := logOf(number, all, closed)
			old, _ := logOf(number-1, records(rng), true)
			for _, behind := range [][]byte{nil, make([]byte, 100<<10), old[min(len(old), len(file)):]} {
				f, got := read(t, append(bytes.Clone(file), behind...), number)
				if !same(got, all) || f.Closed != closed || f.End < ends[len(ends)-1] || f.Behind != 0 {
					t.Fatalf("%+v and %d records of %d in %d bytes, and %d behind", f, len(got), len(all), len(file), len(behind))
				}
			}
		}
		file := manifestOf(all)
		if f, got := read(t, file, 0); !same(got, all) || f.End != int64(len(file)) || f.Size != f.End {
			t.Fatalf("%+v and %d records of %d in a manifest of %d bytes", f, len(got), len(all), len(file))
		}
	}
}

// A byte that was changed ends what is valid, at it or before, unless it is one that nobody looks at. (That Pebble believes nothing
// else, and really writes so, is shown where it has written: in package eventlog.)
//
// Checked by breaking it: it fails when a checksum is not looked at.
func TestRead_EndsWhereAByteWasChanged(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 20 {
		all := records(rng)
		file, _ := logOf(number, all, true)
		whole, _ := read(t, file, number)
		for range 100 {
			at := rng.IntN(len(file))
			damaged := bytes.Clone(file)
			damaged[at] ^= 1 << rng.IntN(8)
			f, got := read(t, damaged, number)
			if f.End == whole.End && f.Closed {
				if !same(got, all) {
					t.Fatalf("byte %d: %d records of %d, and nothing is damaged", at, len(got), len(all))
				}
				continue
			}
			if f.End > int64(at) || !same(got, all[:len(got)]) {
				t.Fatalf("byte %d: %+v, %d records", at, f, len(got))
			}
		}
	}
}

// What is left of a block must be zero where Pebble looks at it, which it does when a short header would fit; where it does not look,
// it may be anything.
//
// Checked by breaking it: it fails when padding is not looked at.
func TestRead_LooksAtPaddingAsPebbleDoes(t *testing.T) {
	for left := 1; left < 11; left++ {
		file, _ := logOf(number, [][]byte{make([]byte, block-11-left), []byte("behind")}, true)
		file[block-left] = 1
		f, got := read(t, file, number)
		if looks := left >= 7; looks != (f.End == int64(block-left)) || looks != (len(got) == 1) {
			t.Errorf("%d bytes left: %+v, %d records", left, f, len(got))
		}
	}
}

// What is valid behind a damaged place is counted, from the next block on.
func TestRead_CountsWhatIsBehind(t *testing.T) {
	var all [][]byte
	for range 100 {
		all = append(all, bytes.Repeat([]byte("x"), 4000))
	}
	file, ends := logOf(number, all, false)
	file[10] ^= 1
	behind := 0
	for _, end := range ends {
		if end > 32<<10 {
			behind++
		}
	}
	if f, got := read(t, file, number); f.End != 0 || len(got) != 0 || f.Behind != behind || behind < 80 {
		t.Errorf("%+v, want %d behind", f, behind)
	}
}
