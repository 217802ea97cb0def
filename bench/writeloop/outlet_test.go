package writeloop

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
)

// pair returns both ends of a TCP connection.
func pair(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if theirs, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

// What a socket does not take is owed, in order, and nobody waits for it; beyond the bound the member is cut off.
func TestOutlet_OwesWhatTheSocketDoesNotTake(t *testing.T) {
	t.Parallel()
	ours, theirs := pair(t)
	if err := ours.(*net.TCPConn).SetWriteBuffer(1 << 16); err != nil {
		t.Fatal(err)
	}
	o := newOutlet(ours)
	var all []byte
	for i := 0; ; i++ {
		b := bytes.Repeat([]byte{byte('a' + i%26)}, 100_000)
		all = append(all, b...)
		owes, err := o.offer(b)
		if err != nil {
			t.Fatal(err)
		}
		if owes && len(o.owed) > 300_000 { // the last ones were owed as a whole
			break
		}
	}
	got := make([]byte, len(all))
	read := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(theirs, got)
		read <- err
	}()
	for owes := true; owes; {
		var err error
		if owes, err = o.offer(nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-read; err != nil || !bytes.Equal(got, all) {
		t.Errorf("%v, and what arrived is what was offered: %v", err, bytes.Equal(got, all))
	}

	var err error
	for range 1000 {
		if _, err = o.offer(make([]byte, 100_000)); err != nil {
			break
		}
	}
	if !errors.Is(err, errSlow) || len(o.owed) > maxOwed+100_000 {
		t.Errorf("got %v with %d bytes owed", err, len(o.owed))
	}
}

// A pass gives each member what the others have said since the last, in one piece, and what nobody else said not at all.
func TestPass_JoinsWhatOthersSaid(t *testing.T) {
	t.Parallel()
	ours, theirs := pair(t)
	speaker, hearer := &member{id: "tom"}, &member{id: "jerry"}
	hearer.out.Store(newOutlet(ours))
	r := &room{queue: newQueue()}
	r.members.Store(&[]*member{speaker, hearer})
	for _, s := range []saying{{speaker, []byte("one ")}, {hearer, []byte("mine ")}, {speaker, []byte("two")}} {
		r.queue.add(s)
	}
	if pass(r, r.queue.take()) {
		t.Error("something is owed")
	}
	var b [64]byte
	if n, err := theirs.Read(b[:]); string(b[:n]) != "one two" || err != nil {
		t.Errorf("read %q, %v; want all in one piece", b[:n], err)
	}
	if left := r.queue.take(); len(left) > 0 {
		t.Errorf("%d are still queued", len(left))
	}
}
