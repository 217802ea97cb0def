package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/ws"
)

// publishSockets is how many sockets all listeners share: twice as many descriptors are well below what a process may have.
const publishSockets = 1000

// Does a delivery cost the same in a room of 1,000 listeners and in one of 100,000? Each listener is a session of a user of its own
// in the hub, and has its own write(2) of each message; the sockets are real ones on loopback, and carry up to 100 listeners each,
// since a process cannot open 100,000. The clock stops when the readers, in the same process, have all of it, so their time is
// in ns/delivery, too. With sockets=0 listeners write nothing: it is what the hub takes by itself.
func BenchmarkRoomPublish(b *testing.B) {
	for _, sockets := range []int{0, publishSockets} {
		for _, listeners := range []int{1000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("sockets=%d/listeners=%d", sockets, listeners), func(b *testing.B) {
				h, room := hub.New(hub.Options{}), im.Room(benchApp, "crowded")
				s := openSockets(b, sockets)
				for i := range listeners {
					who := im.User(benchApp, im.UserID(fmt.Sprint("listener-", i)))
					l := &sharer{id: im.SessionID(who.ID)}
					if sockets > 0 {
						l.conn = s.conns[i%sockets]
					}
					h.Enter(who, l, false)
					h.Admit(who, l)
					h.Listen(who, false, []im.RoomID{"crowded"}, nil)
				}
				said := &pb.Said{Speaker: "speaker", Content: &pb.Content{Body: []byte(`"the words of one message, of a usual length"`)}}
				d := &pb.Delivery{From: "speaker", To: "crowded", Ts: 1, Source: pb.Source_ROOM, Said: said}
				b.ReportAllocs()
				for b.Loop() {
					before := s.read.Load()
					h.Publish(room, im.Epoch{}, d)
					h.Settle()
					if sockets > 0 {
						s.await(before + sharedBytes.Load()*int64(listeners))
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(listeners), "ns/delivery")
			})
		}
	}
}

// sharedBytes is how long the frame is that sharers get.
var sharedBytes atomic.Int64

// sharer is a session that has a socket together with others, or none.
type sharer struct {
	id   im.SessionID
	conn ws.Conn
}

func (s *sharer) ID() im.SessionID { return s.id }

func (s *sharer) Send(frame []byte) { s.SendAll(hub.Batch{Joined: frame}, true) }

// SendAll writes as a session with a WebSocket does (engineio.Session.SendFrames).
func (s *sharer) SendAll(batch hub.Batch, _ bool) {
	if n := int64(len(batch.Joined)); sharedBytes.Load() != n {
		sharedBytes.Store(n)
	}
	if s.conn != nil {
		s.conn.Write(batch.Joined)
	}
}

func (s *sharer) Close() {}

// sockets are WebSockets whose peers read, and keep nothing.
type sockets struct {
	conns []ws.Conn
	read  atomic.Int64 // bytes, by all
	more  chan struct{}
}

// await returns when the peers have read so many bytes.
func (s *sockets) await(bytes int64) {
	for s.read.Load() < bytes {
		<-s.more
	}
}

func openSockets(b *testing.B, count int) *sockets {
	b.Helper()
	s := &sockets{more: make(chan struct{}, 1)}
	server := ws.NewServer(ws.Options{})
	opened := make(chan ws.Conn, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = server.Upgrade(w, r, func(c ws.Conn) ws.Handler { opened <- c; return deaf{} })
	}))
	var reading sync.WaitGroup
	var peers []net.Conn
	for range count {
		peer, in := upgrade(b, web.Listener.Addr().String())
		peers, s.conns = append(peers, peer), append(s.conns, <-opened)
		reading.Go(func() { s.drain(in) })
	}
	b.Cleanup(func() {
		for _, p := range peers {
			p.Close() //nolint:errcheck // it was read
		}
		reading.Wait()
		web.Close()
		server.Close(context.Background()) //nolint:errcheck // nothing waits
	})
	return s
}

func (s *sockets) drain(in *bufio.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := in.Read(buf)
		s.read.Add(int64(n))
		select {
		case s.more <- struct{}{}:
		default: // await looks again as it is
		}
		if err != nil {
			return
		}
	}
}

// upgrade opens a WebSocket to addr.
func upgrade(b *testing.B, addr string) (net.Conn, *bufio.Reader) {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	in := bufio.NewReader(conn)
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+ //nolint:errcheck // the answer says it
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		b.Fatalf("%v %v", res, err)
	}
	return conn, in
}

// deaf takes nothing from its peer.
type deaf struct{}

func (deaf) OnText([]byte) {}

func (deaf) OnClose(error) {}
