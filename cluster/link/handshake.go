package link

import (
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"

	"google.golang.org/protobuf/proto"

	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// version is the link protocol's.
	version = 1
	// nonceLen is the length of a nonce.
	nonceLen = 32
)

// handshake is what two nodes say before frames; see the package's documentation.
type handshake struct {
	links *Links
	// conn is TCP, or TLS over it once that was agreed.
	conn net.Conn
	role role
	// mine and theirs are the two Hellos as they were sent.
	mine, theirs []byte
	// peer is what the peer says of itself; nil until it has.
	peer *pb.Hello
	// asksTunnel says that the dialler, which is this node, wants a tunnel.
	asksTunnel bool
	// tunnel is the place that the listener, which is this node, has for the tunnel; nil = there is none, or none is wanted.
	tunnel *Tunnel
}

func (l *Links) newHandshake(conn net.Conn, as role) *handshake {
	return &handshake{links: l, conn: conn, role: as}
}

// dial is the dialler's side. up says that both want a link, or a tunnel.
func (h *handshake) dial(peer string, open bool) (up bool, err error) {
	if err := h.greet(); err != nil {
		return false, err
	}
	if err := h.meet(); err != nil {
		return false, err
	}
	if err := h.judge(); err != nil {
		return false, err
	}
	if peer != "" && h.peer.Node != peer {
		return false, h.refuse(fmt.Sprintf("%s was dialled at %s, and %.64q answers", peer, h.conn.RemoteAddr(), h.peer.Node))
	}
	if err := h.prove(open); err != nil {
		return false, err
	}
	theirs, err := h.proven()
	if err != nil || !open || !theirs.Open {
		return false, err
	}
	if err := h.links.opts.Check(h.peer); err != nil {
		return false, h.refuse(err.Error())
	}
	if err := writeWord(h.conn, &pb.Proof{Open: true}); err != nil || !h.asksTunnel {
		return true, err
	}
	there, err := h.hear()
	return there.GetOpen(), err
}

// listen is the listener's side. up says that both want a link, or a tunnel.
func (h *handshake) listen() (up bool, err error) {
	if err := h.meet(); err != nil {
		return false, err
	}
	// Whoever dials waits for a Hello, so it is said before any refusal.
	if err := h.greet(); err != nil {
		return false, err
	}
	if err := h.judge(); err != nil {
		return false, err
	}
	theirs, err := h.proven()
	if err != nil {
		return false, err
	}
	if err := h.admit(theirs.Open); err != nil {
		return false, err
	}
	if !theirs.Open {
		h.links.opts.Asked(h.peer)
	}
	open := h.isOpen()
	if open && theirs.Open {
		if err := h.links.opts.Check(h.peer); err != nil {
			return false, h.refuse(err.Error())
		}
	}
	if err := h.prove(open); err != nil || !open || !theirs.Open {
		return false, err
	}
	last, err := h.hear()
	if err != nil {
		return false, err
	}
	return last.Open, nil
}

// isOpen reports whether the listener takes what the dialler, a peer, wants.
func (h *handshake) isOpen() bool {
	if !h.peer.Tunnel {
		return h.links.isOpen() && h.links.peer(h.peer.Node) != nil
	}
	h.tunnel = h.links.peer(h.peer.Node).expect()
	return h.tunnel != nil
}

// greet says who this node is.
func (h *handshake) greet() error {
	hello := proto.CloneOf(h.links.opts.Hello(h.peer))
	if hello == nil {
		hello = new(pb.Hello)
	}
	hello.Version, hello.Node, hello.Nonce, hello.Tunnel = version, h.links.opts.Node, make([]byte, nonceLen), h.asksTunnel
	_, _ = rand.Read(hello.Nonce) // it never fails
	b, err := proto.Marshal(hello)
	if err != nil {
		return err
	}
	h.mine = b
	return writeBytes(h.conn, b)
}

// meet reads who the peer is.
func (h *handshake) meet() error {
	hello := new(pb.Hello)
	b, err := readWord(h.conn, hello)
	if errors.Is(err, errTLS) {
		return h.refuse(h.peerHost() + " speaks TLS, this node does not: start this one with --cluster-cert, too")
	}
	if err != nil {
		return err
	}
	h.theirs, h.peer = b, hello
	return nil
}

// judge refuses a peer that speaks otherwise.
func (h *handshake) judge() error {
	if h.peer.Version != version {
		return h.refuse(fmt.Sprintf("%s speaks version %d of the link, %.64q version %d",
			h.links.opts.Node, version, h.peer.Node, h.peer.Version))
	}
	if len(h.peer.Nonce) != nonceLen {
		return h.refuse(fmt.Sprintf("a nonce of %d bytes", len(h.peer.Nonce)))
	}
	return nil
}

// prove shows that this node knows the secret.
func (h *handshake) prove(open bool) error {
	return writeWord(h.conn, &pb.Proof{Mac: h.mac(h.role), Open: open})
}

// proven reads the peer's proof, and refuses a wrong one.
func (h *handshake) proven() (*pb.Proof, error) {
	p, err := h.hear()
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(p.Mac, h.mac(h.role.other())) {
		return nil, h.refuse(fmt.Sprintf("the cluster secrets of %s and %.64q differ", h.links.opts.Node, h.peer.Node))
	}
	return p, nil
}

// admit refuses proven nodes that want more than to ask and are no peers, and peers that should not have dialled for a link.
func (h *handshake) admit(open bool) error {
	us, them := h.links.opts.Node, h.peer.Node
	if !open || !h.links.isOpen() {
		return nil // nothing comes of it but that both have said hello
	}
	if h.links.peer(them) == nil {
		if err := h.links.opts.Check(h.peer); err != nil { // it may know better what is wrong
			return h.refuse(err.Error())
		}
		return h.refuse(fmt.Sprintf("%.64q is no peer of %s", them, us))
	}
	if them > us && !h.peer.Tunnel {
		return h.refuse(fmt.Sprintf("%s dials %s, not the other way", us, them))
	}
	return nil
}

// hear reads a Proof; that the peer refuses is an error.
func (h *handshake) hear() (*pb.Proof, error) {
	p := new(pb.Proof)
	if _, err := readWord(h.conn, p); err != nil {
		return nil, err
	}
	if p.Refused != "" {
		return nil, &refusal{text: clip(p.Refused), theirs: true}
	}
	return p, nil
}

// refuse tells the peer why it is refused, and returns that as an error. It waits until the peer has closed the
// connection, since closing it first may take the text from the peer's hands.
func (h *handshake) refuse(text string) error {
	text = clip(text)
	if writeWord(h.conn, &pb.Proof{Refused: text}) == nil {
		h.drain()
	}
	return &refusal{text: text}
}

// drain waits until the peer, which has been told the last word, has closed the connection.
func (h *handshake) drain() {
	if half, ok := h.conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(h.conn, maxWord))
}
