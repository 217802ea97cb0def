package writeloop

import (
	"io"
	"net"
	"strings"
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

// roomOf returns a room of these members, each with a connection, and what those hear.
func roomOf(t *testing.T, members ...*member) (*room, []net.Conn) {
	t.Helper()
	r := &room{queue: newQueue()}
	var ends []net.Conn
	for _, m := range members {
		ours, theirs := pair(t)
		m.out.Store(newOutlet(ours, defaultMaxOwed))
		ends = append(ends, theirs)
	}
	r.members.Store(&members)
	return r, ends
}

func wantHeard(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Errorf("heard %.40q, %v; want %.40q", b, err, want)
	}
}

// A pass writes all that has gathered, in order and in one piece, and nobody hears itself. Seen to fail when pass hands `all` to
// those who spoke.
func TestPass_JoinsWhatHasGathered(t *testing.T) {
	t.Parallel()
	tom, jerry, spike := &member{id: "tom"}, &member{id: "jerry"}, &member{id: "spike"}
	r, ends := roomOf(t, tom, jerry, spike)
	for _, s := range []saying{{tom, []byte("1")}, {jerry, []byte("2")}, {tom, []byte("3")}} {
		r.queue.add(s)
	}
	if pass(r, r.queue.take()) || len(r.queue.take()) > 0 {
		t.Error("something is left of three bytes")
	}
	r.queue.add(saying{spike, []byte("4")})
	pass(r, r.queue.take())
	for i, want := range []string{"24", "134", "123"} {
		wantHeard(t, ends[i], want)
	}
}

// What a socket does not take is kept and written later, whole; the others do not wait; and who reads nothing is cut off when too
// much is kept. Seen to fail when offer drops what try has left.
func TestPass_WaitsForNobody(t *testing.T) {
	t.Parallel()
	speaker, reads, sleeps := &member{id: "speaker"}, &member{id: "reads"}, &member{id: "sleeps"}
	r, ends := roomOf(t, speaker, reads, sleeps)
	frame := strings.Repeat("x", 1<<16) + "."
	passes := 0
	say := func() bool {
		passes++
		r.queue.add(saying{speaker, []byte(frame)})
		owing := pass(r, r.queue.take())
		wantHeard(t, ends[1], frame)
		return owing
	}
	for !say() {
		if passes > 10_000 {
			t.Fatal("640 MB went to one who does not read")
		}
	}
	got := make(chan int)
	go func() { // it wakes up, and hears all of it
		b := make([]byte, passes*len(frame))
		n, _ := io.ReadFull(ends[2], b)
		got <- n
	}()
	for pass(r, nil) {
		continue
	}
	if n := <-got; n != passes*len(frame) {
		t.Errorf("%d bytes of %d came late", n, passes*len(frame))
	}
	sleeper := sleeps.out.Load()
	for passes = 0; ; say() {
		if _, err := sleeper.offer([]byte(frame)); err != nil {
			break
		}
		if passes > 10_000 {
			t.Fatal("nobody is cut off")
		}
	}
}
