package reads

import (
	"io"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// parts writes an answer, part by part. Once something cannot be written nothing is.
type parts struct {
	w io.Writer
	// part is the next one, and size about its length.
	part pb.ReadPart
	size int
	// more is said at the end.
	more bool
	err  error
}

// itemHead is more than what stands around an item of a part.
const itemHead = 8

func (p *parts) entry(e *im.Entry) {
	m := encodeEntry(e)
	p.room(proto.Size(m))
	p.part.Entries = append(p.part.Entries, m)
}

func (p *parts) key(k *im.FoundKey) {
	m := encodeKey(k)
	p.room(proto.Size(m))
	p.part.Keys = append(p.part.Keys, m)
}

func (p *parts) record(f *im.Found) {
	m := encodeRecord(f)
	p.room(proto.Size(m))
	p.part.Records = append(p.part.Records, m)
}

// room makes room for one more item of that length: what it does not fit beside is sent off.
func (p *parts) room(size int) {
	if p.size > 0 && p.size+size+itemHead > fullPart {
		p.flush()
	}
	p.size += size + itemHead
}

func (p *parts) flush() {
	if p.err == nil {
		p.err = writePart(p.w, &p.part)
	}
	p.part.Reset()
	p.size = 0
}

// end says how the answer ended: what was written so far is all when err is nil. What cannot be written is cut, which the other
// node notices.
func (p *parts) end(err error) {
	if err != nil {
		p.part.Reset() // of an answer that failed nothing is used
		said := pb.NewError(err)
		p.part.End = &pb.ReadEnd{Error: said.Error, Text: []byte(strings.ToValidUTF8(said.Text, "?"))}
	} else {
		p.part.End = &pb.ReadEnd{More: p.more}
	}
	p.flush()
}
