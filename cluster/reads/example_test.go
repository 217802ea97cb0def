package reads_test

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/parley-im/parley/cluster/reads"
	"github.com/parley-im/parley/eventlog/store"
	"github.com/parley-im/parley/im"
)

// has is the log of a node that has a replica of everything, or of nothing.
type has struct {
	reads.Local
	everything bool
}

func (h has) Holds(im.ShardID) bool                             { return h.everything }
func (has) Leader(im.ShardID) (replica, term uint64, ok bool)   { return 2, 1, true }
func (has) Membership(im.ShardID) (voting, _ []uint64, ok bool) { return []uint64{2}, nil, true }

func (has) History(context.Context, im.Address, im.Before, int) ([]im.Entry, error) {
	return []im.Entry{{Seq: 1, N: 1, TS: 1, Body: []byte("hi")}}, nil
}

// Two nodes: the second one has all shards, and the first reads a history there.
func Example() {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	open := func(node string, everything bool) *reads.Reads {
		return reads.New(reads.Options{
			Local: has{everything: everything}, Shards: 16, Node: node,
			Name:   func(replica uint64) string { return fmt.Sprint("node", replica) },
			Linked: func(string) bool { return true },
			Dial: func(ctx context.Context, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", at.Addr().String())
			},
			Compare: store.CompareKeys, Check: store.CheckKey,
			OnAsk: func(what string, err error) { fmt.Println("asked:", what, err) },
		})
	}
	node1, node2 := open("node1", false), open("node2", true)
	server := &http.Server{Handler: node2} //nolint:gosec // it serves one question
	go server.Serve(at)                    //nolint:errcheck // it ends with the example
	defer server.Close()                   //nolint:errcheck // as above
	defer node2.Close()
	defer node1.Close()

	entries, err := node1.History(context.Background(), im.Group("app", "g1"), im.Before{}, 10)
	for _, e := range entries {
		fmt.Println(e.N, string(e.Body), err)
	}
	// Output:
	// asked: history <nil>
	// 1 hi <nil>
}
