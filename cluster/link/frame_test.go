package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/parley-im/parley/internal/alloctest"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// encode returns the bytes of frames as they are on the wire.
func encode(t testing.TB, frames ...*pb.Frame) (b []byte) {
	t.Helper()
	for _, f := range frames {
		var err error
		if b, err = appendFrame(b, f, proto.Size(f)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// The bytes of a frame and of a word of a handshake are those that the package's documentation draws: other versions of
// parley read them.
func TestFormat_IsAsDrawn(t *testing.T) {
	f := &pb.Frame{Number: 5, Body: &pb.Frame_Mail{Mail: &pb.Mail{To: "x"}}}
	if got, want := encode(t, f, &pb.Frame{}), "\x00\x00\x00\x07\x08\x05\x12\x03\x0a\x01x\x00\x00\x00\x00"; string(got) != want {
		t.Errorf("a frame is %q, want %q", got, want)
	}
	var b bytes.Buffer
	if err := writeWord(&b, &pb.Hello{Version: version, Node: "n"}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "\x00\x00\x00\x05\x08\x01\x12\x01n"; got != want {
		t.Errorf("a word is %q, want %q", got, want)
	}
}

// The proof of a known pair of Hellos is a known one, computed by hand from what the documentation says.
func TestFormat_ProofIsAsDocumented(t *testing.T) {
	h := impostor(nil, dialler, "a", "key")
	h.mine, h.theirs = []byte("DD"), []byte("LLL")
	other := impostor(nil, listener, "b", "key")
	other.mine, other.theirs = h.theirs, h.mine
	for _, as := range []role{dialler, listener} {
		want := hmacOf("key", "parley link\x00"+string(as)+"\x00\x00\x00\x02DD\x00\x00\x00\x03LLL")
		if !bytes.Equal(h.mac(as), want) || !bytes.Equal(other.mac(as), want) {
			t.Errorf("the proof of %c is %x here and %x there, want %x", as, h.mac(as), other.mac(as), want)
		}
	}
}

// What is written is read back, whatever the lengths and however the bytes arrive.
func TestFrames_ReadAsWritten(t *testing.T) {
	lengths := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(readBuffer-20, readBuffer+20), rapid.IntRange(0, 5*readBuffer))
	rapid.Check(t, func(rt *rapid.T) {
		var want []*pb.Frame
		for i, n := range rapid.SliceOfN(lengths, 1, 8).Draw(rt, "lengths") {
			want = append(want, mail(uint64(i+1), n))
		}
		arrive := rapid.SampledFrom([]func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r }, iotest.HalfReader, iotest.DataErrReader,
		}).Draw(rt, "arrive")
		r := newFrameReader(arrive(bytes.NewReader(encode(t, want...))))
		for i, w := range want {
			if got, err := r.next(); err != nil || !proto.Equal(got, w) {
				rt.Fatalf("frame %d: %v", i, err)
			}
		}
		if _, err := r.next(); !errors.Is(err, io.EOF) {
			rt.Fatalf("after the last: %v", err)
		}
	})
}

// A stream that ends within a frame is cut, one that ends between frames has ended.
func TestFrames_CutStream(t *testing.T) {
	whole := encode(t, mail(1, 10))
	for n := range len(whole) {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if _, err := newFrameReader(iotest.OneByteReader(bytes.NewReader(whole[:n]))).next(); !errors.Is(err, want) {
			t.Errorf("after %d bytes: %v, want %v", n, err, want)
		}
	}
}

// A length over the bound is refused before anything is allocated; one within it costs no more than twice the bytes that
// came, however much it promises.
//
// Checked by breaking it: it fails when long allocates what was announced.
func TestFrames_LyingLengthsCostNothing(t *testing.T) {
	announce := func(n uint32, body int) []byte {
		return append(binary.BigEndian.AppendUint32(nil, n), make([]byte, body)...)
	}
	for _, c := range []struct {
		name  string
		bytes []byte
		most  int
	}{
		{"over the bound", announce(MaxFrameBytes+1, 100), readBuffer},
		{"all ones", announce(1<<32-1, 100), readBuffer},
		{"the longest and few bytes", announce(MaxFrameBytes, 100), 4 * readBuffer},
		{"the longest and 1 MiB", announce(MaxFrameBytes, 1<<20), 5 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newFrameReader(bytes.NewReader(c.bytes))
			alloctest.AtMost(t, c.most, c.name, func() {
				if _, err := r.next(); err == nil {
					t.Error("it was read")
				}
			})
		})
	}
}

// What is no frame ends the stream with an error that says so.
func TestFrames_MalformedIsRefused(t *testing.T) {
	_, err := newFrameReader(strings.NewReader("\x00\x00\x00\x04\xff\xff\xff\xff")).next()
	if err == nil || !strings.Contains(err.Error(), "malformed frame") {
		t.Errorf("the error is %v", err)
	}
}
