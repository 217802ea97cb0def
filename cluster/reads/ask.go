package reads

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Path is where nodes ask each other, over tunnels only.
const Path = "/parley/reads"

const opAsk = "reads.ask"

// ask asks another node something, and returns when its answer begins; whoever calls it ends the answer. The error is an
// *im.Error: what the node says, or Unavailable when it says nothing that can be understood.
func (r *Reads) ask(ctx context.Context, node string, q *pb.Read) (*answer, error) {
	body, err := encodeQuestion(q)
	if err != nil {
		return nil, err
	}
	ctx, done, ok := r.begin(ctx)
	if !ok {
		return nil, errClosed
	}
	a := &answer{node: node, onEnd: func(err error) {
		done()
		r.o.OnAsk(what(q), err)
		if isGone(err) {
			r.o.Logger.Debug("another node does not answer", "what", what(q), "err", err)
		}
	}}
	err = r.send(ctx, a, body)
	if err == nil {
		err = a.begin()
	}
	if err != nil {
		a.end(err)
		return nil, err
	}
	return a, nil
}

// send sends a question, and opens what is said to it.
func (r *Reads) send(ctx context.Context, a *answer, question []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.node+Path, bytes.NewReader(question))
	if err != nil {
		return a.fail(err)
	}
	req.Header["Idempotency-Key"] = nil    // may be sent again when it finds its tunnel closed; the header is not
	res, err := r.transport.RoundTrip(req) //nolint:bodyclose // the end of the answer closes it
	if err != nil {
		return a.fail(err)
	}
	a.body, a.in = res.Body, bufio.NewReaderSize(res.Body, readAhead)
	if res.StatusCode != http.StatusOK {
		return a.fail(fmt.Errorf("status %d", res.StatusCode))
	}
	return nil
}
