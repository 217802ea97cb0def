package link

import (
	"testing"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// benched starts two nodes with a link; b hands its frames to receive.
func benched(b *testing.B, atA, atB func(string, *pb.Frame)) (x, y *node) {
	b.Helper()
	x = newNode(b, "a", loopback(b), func(o *Options) { o.Receive = atA })
	y = newNode(b, "b", loopback(b), func(o *Options) { o.Receive = atB })
	introduce(x, y)
	x.Open()
	y.Open()
	x.await(b, "up b", 1)
	y.await(b, "up a", 1)
	return x, y
}

// How many frames of 200 bytes go one way in a second, from one sender, decoded on the other side? The sender is 4,096
// frames ahead at most.
func BenchmarkLink_OneWay200Bytes(b *testing.B) {
	ahead := make(chan struct{}, 4096)
	x, _ := benched(b, nil, func(string, *pb.Frame) { <-ahead })
	f := mail(1, 200)
	b.SetBytes(200)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		ahead <- struct{}{}
		if err := x.Send("b", f); err != nil {
			b.Fatal(err)
		}
	}
	for range cap(ahead) { // drained
		ahead <- struct{}{}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

// How long does a frame of 200 bytes take there and back, one at a time?
func BenchmarkLink_RoundTrip200Bytes(b *testing.B) {
	back := make(chan struct{}, 1)
	var y *node
	ready := make(chan struct{})
	x, y := benched(b, func(string, *pb.Frame) { back <- struct{}{} }, func(_ string, f *pb.Frame) {
		<-ready
		if err := y.Send("a", f); err != nil {
			b.Error(err)
		}
	})
	close(ready)
	f := mail(1, 200)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := x.Send("b", f); err != nil {
			b.Fatal(err)
		}
		<-back
	}
}
