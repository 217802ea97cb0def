package link

import (
	"context"
	"log/slog"
	"net"
	"time"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Options says who this node is and whom it talks to. Node and Listener are required.
type Options struct {
	// Node is this node's name, unique in the cluster.
	Node string
	// Listener is where peers dial. Links own it: they close it.
	Listener net.Listener
	// Peers are the addresses, HOST:PORT, of the other nodes by their names. SetPeer adds to them. An entry for Node is ignored.
	Peers map[string]string
	// Secret is known to all nodes of the cluster and to nobody else; empty = peers are not authenticated.
	Secret []byte
	// Credentials, if there are any, make all connections speak TLS, here and at the peers. Nil = nothing is encrypted.
	Credentials Credentials
	// Hello returns what this node says of itself, at each handshake, and to whom: peer is what that one has said, which
	// is not proven; nil = this node speaks first. Version, nonce and node are set here. Together it is at most 8 KiB. It must
	// not block. Nil = nothing more is said.
	Hello func(peer *pb.Hello) *pb.Hello
	// Asked is told of each node that only asks, once it has proven that it knows the secret; it need not be a peer. It must
	// not block. Nil = nobody wants to know.
	Asked func(peer *pb.Hello)
	// Check refuses a peer for what it says of itself; its error's text is told to the peer and to both logs. It is asked
	// before a link opens, not when a peer only asks; and of who wants a link and is no peer, for a better text. It must not
	// block. Nil = takes all.
	Check func(*pb.Hello) error
	// Receive is called for each frame that arrives; nil = frames are dropped. It must not block: a peer whose frames are
	// not taken for a second thinks this node dead.
	Receive func(from string, f *pb.Frame)
	// Up and Down are called when a link is there, and when it is gone. They must not block. Nil = nobody asks.
	Up, Down func(peer string)
	// Tunnel takes a tunnel that a peer has opened, and closes it. It is called from a goroutine of its own, for which Close waits.
	// Nil = tunnels are refused.
	Tunnel func(from string, t *Tunnel)
	// MaxTunnels bounds the tunnels of each peer, in each direction; zero = 16,384.
	MaxTunnels int
	// MaxPendingBytes bounds what waits for a peer, encoded; zero = 16 MiB, two of the longest frames.
	MaxPendingBytes int
	// Logger receives what operators must know; nil = discard.
	Logger *slog.Logger

	times times
	// maxGuests is how many connections of others may be in a handshake; zero = 64.
	maxGuests int
	// dial connects; nil = TCP.
	dial func(ctx context.Context, addr string) (net.Conn, error)
}

const (
	// MaxFrameBytes is the length of the longest frame, encoded.
	MaxFrameBytes = 8 << 20

	// maxPending holds two of the longest frames.
	maxPending = 16 << 20
	// maxTunnels is a third of the clients that a node is meant for.
	maxTunnels = 16 << 10
	// maxGuests is more than a cluster has nodes that start at once, and tunnels that are being opened.
	maxGuests = 64
)

// times are those of a link; zero = the usual ones.
type times struct {
	// keepalive is how long a side says nothing at most. A fifth of silence: four may be late or lost in scheduling.
	keepalive time.Duration
	// silence is how long a peer may be silent. Raft needs a third of a second to elect; a link that a busy machine holds
	// up for a moment should live through it.
	silence time.Duration
	// handshake is the time for all of it, dialling included.
	handshake time.Duration
	// minPause and maxPause are what the dialler waits at first, and at last.
	minPause, maxPause time.Duration
	// hush is the shortest time between two complaints about one peer.
	hush time.Duration
}

var usualTimes = times{
	keepalive: 200 * time.Millisecond,
	silence:   time.Second,
	handshake: 2 * time.Second,
	minPause:  20 * time.Millisecond,
	maxPause:  time.Second,
	hush:      2 * time.Second,
}

func (o *Options) ensureDefaults() {
	if o.Hello == nil {
		o.Hello = func(*pb.Hello) *pb.Hello { return nil }
	}
	if o.Asked == nil {
		o.Asked = func(*pb.Hello) {}
	}
	if o.Check == nil {
		o.Check = func(*pb.Hello) error { return nil }
	}
	if o.Receive == nil {
		o.Receive = func(string, *pb.Frame) {}
	}
	if o.Up == nil {
		o.Up = func(string) {}
	}
	if o.Down == nil {
		o.Down = func(string) {}
	}
	if o.MaxPendingBytes == 0 {
		o.MaxPendingBytes = maxPending
	}
	if o.MaxTunnels == 0 {
		o.MaxTunnels = maxTunnels
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.maxGuests == 0 {
		o.maxGuests = maxGuests
	}
	if o.dial == nil {
		o.dial = dialTCP
	}
	o.times.ensureDefaults()
}

func (t *times) ensureDefaults() {
	for _, d := range []struct {
		of    *time.Duration
		usual time.Duration
	}{
		{&t.keepalive, usualTimes.keepalive},
		{&t.silence, usualTimes.silence},
		{&t.handshake, usualTimes.handshake},
		{&t.minPause, usualTimes.minPause},
		{&t.maxPause, usualTimes.maxPause},
		{&t.hush, usualTimes.hush},
	} {
		if *d.of == 0 {
			*d.of = d.usual
		}
	}
}

// dialTCP connects without the system's keepalive, since links have their own.
func dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1}
	return d.DialContext(ctx, "tcp", addr)
}
