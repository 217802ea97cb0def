package link

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

func hmacOf(key, text string) []byte {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

// Whatever arrives, the reader gives frames that can be sent on as they are, or an error, and ends.
func FuzzFrames(f *testing.F) {
	f.Add(encode(f, mail(1, 10), mail(2, 100)))
	f.Add(encode(f, mail(0, 0), &pb.Frame{}, &pb.Frame{Number: 3}))
	f.Add(encode(f, &pb.Frame{Body: &pb.Frame_Shards{Shards: &pb.Shards{Shards: []*pb.ShardView{
		{Shard: 3, Leader: 2, Term: 5, Change: 40, Voting: []uint64{2, 3, 1<<32 | 1}, Joining: []uint64{4}, Removed: []uint64{1}},
		{Shard: 1 << 31, Voting: []uint64{0, 1, 0}},
	}}}}))
	f.Add(encode(f, mail(1, readBuffer+1)))
	f.Add(encode(f, mail(1, readBuffer))[:readBuffer])
	f.Add(binary.BigEndian.AppendUint32(nil, MaxFrameBytes))
	f.Add(binary.BigEndian.AppendUint32(nil, MaxFrameBytes+1))
	f.Add([]byte("\x00\x00\x00\x04\xff\xff\xff\xff"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := newFrameReader(bytes.NewReader(stream))
		for {
			got, err := r.next()
			if err != nil {
				if got != nil {
					t.Errorf("a frame and %v", err)
				}
				return
			}
			if proto.Size(got) == 0 { // a field of a length or number in a form that says nothing
				continue
			}
			again, err := newFrameReader(bytes.NewReader(encode(t, got))).next()
			if err != nil || !proto.Equal(again, got) {
				t.Fatalf("written and read again it is %v, not %v: %v", again, got, err)
			}
		}
	})
}

// Whatever arrives as a Hello, it is read to its end and no byte further, within its bound, or refused.
func FuzzHello(f *testing.F) {
	var b bytes.Buffer
	if err := writeWord(&b, &pb.Hello{Version: version, Node: "n", Nonce: make([]byte, nonceLen), Cluster: "c"}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(append(b.Bytes(), "frames follow"...))
	f.Add(b.Bytes()[:b.Len()-1])
	f.Add(binary.BigEndian.AppendUint32(nil, maxWord))
	f.Add(append(binary.BigEndian.AppendUint32(nil, maxWord+1), make([]byte, maxWord+1)...))
	f.Add([]byte("\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x00\x00\x02\x12\xff"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		in := bytes.NewReader(stream)
		hello := new(pb.Hello)
		word, err := readWord(in, hello)
		if err != nil {
			return
		}
		if n := binary.BigEndian.Uint32(stream); n > maxWord || int(n) != len(word) {
			t.Fatalf("a word of %d bytes, announced as %d", len(word), n)
		}
		if rest, _ := io.ReadAll(in); !bytes.Equal(rest, stream[frameHead+len(word):]) {
			t.Errorf("what follows is %x", rest)
		}
		again := new(pb.Hello)
		var out bytes.Buffer
		if err := writeWord(&out, hello); err != nil {
			t.Fatalf("it cannot be written: %v", err)
		}
		if _, err := readWord(&out, again); err != nil || !proto.Equal(again, hello) {
			t.Errorf("written and read again it is %v, not %v: %v", again, hello, err)
		}
	})
}
