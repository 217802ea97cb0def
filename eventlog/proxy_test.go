package eventlog_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy is the way from one node to another, which can be cut.
type proxy struct {
	ln net.Listener

	mu     sync.Mutex
	target string
	cut    bool
	conns  map[net.Conn]bool
	serve  sync.WaitGroup
}

func newProxy(t testing.TB) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln, conns: make(map[net.Conn]bool), cut: true}
	p.serve.Go(p.accept)
	t.Cleanup(func() {
		ln.Close()
		p.close()
		p.serve.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.ln.Addr().String() }

// to opens the way to an address.
func (p *proxy) to(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target, p.cut = target, false
}

// close cuts the way: nothing passes any more.
func (p *proxy) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.conns {
		c.Close()
	}
}

func (p *proxy) accept() {
	for {
		in, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.serve.Go(func() { p.carry(in) })
	}
}

// hold notes a connection, and reports false when the way is cut.
func (p *proxy) hold(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.cut {
		p.conns[c] = true
	}
	return !p.cut
}

func (p *proxy) carry(in net.Conn) {
	defer p.drop(in)
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	out, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer p.drop(out)
	if !p.hold(in) || !p.hold(out) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(in, out) //nolint:errcheck // it ends with the connection
		in.Close()
	})
	io.Copy(out, in) //nolint:errcheck // as above
	out.Close()
	back.Wait()
}

func (p *proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}
