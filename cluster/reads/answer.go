package reads

import (
	"bufio"
	"errors"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// answer is what a node says to a question. It belongs to one goroutine.
type answer struct {
	node string
	body io.Closer // nil until there is one
	in   *bufio.Reader
	// first is the part that has arrived.
	first *pb.ReadPart
	// onEnd is told, once, why the asking ended; nil when it is done.
	onEnd func(error)
	ended bool
}

// gone is why there is no answer of a node, or not all of one: not by its own word.
type gone struct {
	node string
	err  error
}

func (g *gone) Error() string { return g.node + ": " + g.err.Error() }
func (g *gone) Unwrap() error { return g.err }

// isGone reports whether err is no node's own word.
func isGone(err error) bool {
	var g *gone
	return errors.As(err, &g)
}

func (a *answer) fail(err error) error { return unavailable(opAsk, &gone{a.node, err}) }

// end gives up what has not arrived. It may be called again, which does nothing.
func (a *answer) end(err error) {
	if a.ended {
		return
	}
	a.ended = true
	if a.body != nil {
		a.body.Close() //nolint:errcheck // what was to be read has been
	}
	a.onEnd(err)
}

// begin waits for the first part. Its error may be the node's word.
func (a *answer) begin() (err error) {
	if a.first, err = readPart(a.in); err != nil {
		return a.fail(err)
	}
	return endOf(a.first)
}

// endOf returns the error that a part ends an answer with, nil when it does not.
func endOf(p *pb.ReadPart) error {
	e := p.GetEnd()
	if e.GetError() == 0 {
		return nil
	}
	return (&pb.Reply{Error: e.Error, Text: string(e.Text)}).Err(opAsk)
}

var (
	errEmpty = errors.New("a part without anything")
	errOther = errors.New("what was not asked for")
	errMore  = errors.New("more than was asked for")
	errAfter = errors.New("something after the end")
)

// readAll hands the parts of an answer to take, which returns how many items are in one, until all of it has come; there are not
// more than limit items, which together have at most maxBytes, encoded. It ends the answer.
func (a *answer) readAll(limit, maxBytes int, take func(*pb.ReadPart) (int, error)) (end *pb.ReadEnd, err error) {
	defer func() { a.end(err) }()
	for p := a.first; ; {
		n, err := take(p)
		if err != nil {
			return nil, a.fail(err)
		}
		if limit, maxBytes = limit-n, maxBytes-proto.Size(p); limit < 0 || maxBytes < 0 {
			return nil, a.fail(errMore)
		}
		if err := endOf(p); err != nil {
			return nil, err
		}
		if p.End != nil {
			if err := a.finish(); err != nil {
				return nil, err
			}
			return p.End, nil
		}
		if n == 0 {
			return nil, a.fail(errEmpty)
		}
		if p, err = readPart(a.in); err != nil {
			return nil, a.fail(err)
		}
	}
}

// finish reads the end of the stream, so that the tunnel can carry another question.
func (a *answer) finish() error {
	switch _, err := a.in.ReadByte(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return a.fail(err)
	}
	return a.fail(errAfter)
}

// entries returns the history that an answer is.
func (a *answer) entries(limit int) (entries []im.Entry, err error) {
	_, err = a.readAll(limit, limit*maxPart, func(p *pb.ReadPart) (int, error) {
		for _, e := range p.Entries {
			entries = append(entries, decodeEntry(e))
		}
		return len(p.Entries), only(p, len(p.Entries))
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// only refuses a part that holds something else than so many items of one sort.
func only(p *pb.ReadPart, items int) error {
	if len(p.Entries)+len(p.Keys)+len(p.Records) != items {
		return errOther
	}
	return nil
}
