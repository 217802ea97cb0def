package eventlog_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
)

// A node opens its log, appends to an address as its writer, and reads what it wrote.
func Example() {
	dir, err := os.MkdirTemp("", "parley")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	log, err := eventlog.Open(eventlog.Options{Dir: dir, Node: "node1", Shards: 2, RaftAddr: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := log.Ready(ctx); err != nil {
		fmt.Println(err)
		return
	}

	tom := im.User("app", "tom")
	_, term, _ := log.Leader(tom.Shard(2))
	done := make(chan im.Outcome)
	err = log.Append(im.Append{
		Addr: tom, Epoch: im.Epoch{Term: term, Activation: 1},
		Entries: []im.Entry{{N: 1, TS: im.At(time.Now()), ID: "m-1", Body: []byte("hello")}},
		Done:    func(o im.Outcome) { done <- o },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-done)
	history, err := log.History(ctx, tom, im.Before{}, 10)
	for _, m := range history {
		fmt.Printf("%d: %s\n", m.N, m.Body)
	}
	at, found, _ := log.Lookup(tom, "m-1")
	fmt.Println(at.Seq, found, err)
	// Output:
	// stored
	// 1: hello
	// 1 true <nil>
}
