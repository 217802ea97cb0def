package link_test

import (
	"context"
	"fmt"
	"net"

	"github.com/parley-im/parley/cluster/link"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Two nodes: one asks the other who it is, both open their links, and one sends the other a frame.
func Example() {
	at1, at2 := listen(), listen()
	up, received := make(chan string, 1), make(chan *pb.Frame, 1)
	node1 := link.Start(link.Options{
		Node:     "node1",
		Listener: at1,
		Peers:    map[string]string{"node2": at2.Addr().String()},
		Secret:   []byte("known to all nodes"),
		Up:       func(peer string) { up <- peer },
	})
	defer node1.Close()
	node2 := link.Start(link.Options{
		Node:     "node2",
		Listener: at2,
		Peers:    map[string]string{"node1": at1.Addr().String()},
		Secret:   []byte("known to all nodes"),
		Hello:    func(*pb.Hello) *pb.Hello { return &pb.Hello{Cluster: "blue"} },
		Receive:  func(_ string, f *pb.Frame) { received <- f },
	})
	defer node2.Close()

	hello, err := node1.Ask(context.Background(), "node2")
	fmt.Println(hello.GetNode(), hello.GetCluster(), err)

	node2.Open()
	node1.Open()
	fmt.Println("up:", <-up)
	fmt.Println(node1.Send("node2", &pb.Frame{Number: 7}))
	fmt.Println((<-received).Number)
	// Output:
	// node2 blue <nil>
	// up: node2
	// <nil>
	// 7
}

func listen() net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return ln
}
