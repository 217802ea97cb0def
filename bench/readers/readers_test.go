package readers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines is a Handler of lines. "bad" is none.
type lines struct {
	mu    sync.Mutex
	heard map[int][]string
	ended map[int]error
	some  chan struct{} // has an element after a change
}

func newLines() *lines {
	return &lines{heard: map[int][]string{}, ended: map[int]error{}, some: make(chan struct{}, 1)}
}

var errBad = errors.New("bad line")

func (l *lines) Take(id int, b []byte) (used int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		n := bytes.IndexByte(b[used:], '\n')
		if n < 0 {
			break
		}
		line := string(b[used : used+n])
		if line == "bad" {
			return used, errBad
		}
		l.heard[id] = append(l.heard[id], line)
		used += n + 1
	}
	l.changed()
	return used, nil
}

func (l *lines) Ended(id int, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[id] = reason
	l.changed()
}

func (l *lines) changed() {
	select {
	case l.some <- struct{}{}:
	default:
	}
}

// await waits until holds is true of l.
func (l *lines) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		l.mu.Lock()
		ok := holds()
		l.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-l.some:
		case <-late:
			t.Fatalf("not %s: heard %v, ended %v", what, l.heard, l.ended)
		}
	}
}

// group returns a group of n sockets with one Handler, and their peers.
func group(t *testing.T, n int) (*Group, *lines, []net.Conn) {
	t.Helper()
	l := newLines()
	g, err := New(n, func() Handler { return l })
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	t.Cleanup(func() { g.Close(nil) })
	peers := make([]net.Conn, n)
	for i := range peers {
		ours, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if peers[i], err = listener.Accept(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { peers[i].Close() })
		var early []byte
		if i == 0 {
			early = []byte("ear")
		}
		if err := g.Add(i, ours, early); err != nil {
			t.Fatal(err)
		}
	}
	return g, l, peers
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// Whatever way a stream is cut into segments, each frame is handed over once, whole and in order, and those of one socket never end up
// in another's. Seen to fail with `r.keep` left out of serve.
func TestGroup_HandsOverFramesHoweverTheyAreSplit(t *testing.T) {
	t.Parallel()
	_, l, peers := group(t, 3)
	write(t, peers[0], "ly\n")
	text, want := "", map[int]string{0: "early "}
	for i := range 20 {
		text += strings.Repeat("x", i) + "\n"
	}
	for i, c := range peers {
		want[i] += strings.TrimSpace(strings.ReplaceAll(text, "\n", " ")) + " end"
		for at := 0; at < len(text); at += i + 1 {
			write(t, c, text[at:min(at+i+1, len(text))])
		}
		write(t, c, "end\n")
	}
	long := strings.Repeat("long", bufferBytes)
	write(t, peers[2], long+"\n")
	l.await(t, "all heard", func() bool {
		return len(l.heard[0]) == 22 && len(l.heard[1]) == 21 && len(l.heard[2]) == 22
	})
	if got := l.heard[2][21]; got != long {
		t.Errorf("%d bytes of a long frame, want %d", len(got), len(long))
	}
	for i := range peers {
		heard := l.heard[i]
		if i == 2 {
			heard = heard[:21]
		}
		got := strings.Join(strings.Fields(strings.Join(heard, " ")), " ")
		if got != strings.Join(strings.Fields(want[i]), " ") {
			t.Errorf("socket %d: got %s, want %s", i, got, want[i])
		}
	}
}

// A socket that is stopped is not read, all the others are, and when it is resumed nothing is missing.
func TestGroup_StopAndResume(t *testing.T) {
	t.Parallel()
	g, l, peers := group(t, 2)
	if err := errors.Join(g.Narrow(1), g.Stop(1)); err != nil {
		t.Fatal(err)
	}
	write(t, peers[1], "later\n")
	write(t, peers[0], "now\n")
	l.await(t, "the other heard", func() bool { return len(l.heard[0]) == 1 })
	l.mu.Lock()
	if len(l.heard[1]) > 0 {
		t.Errorf("heard %q while it was stopped", l.heard[1])
	}
	l.mu.Unlock()
	if err := g.Resume(1); err != nil {
		t.Fatal(err)
	}
	l.await(t, "resumed", func() bool { return len(l.heard[1]) == 1 })
}

// The end of a socket is told once with its reason, and it is of no more use; the others are.
func TestGroup_TellsHowASocketEnded(t *testing.T) {
	t.Parallel()
	g, l, peers := group(t, 3)
	peers[0].Close()
	write(t, peers[1], "good\nbad\n")
	l.await(t, "two ended", func() bool { return len(l.ended) == 2 })
	if !errors.Is(l.ended[0], io.EOF) || !errors.Is(l.ended[1], errBad) {
		t.Errorf("ended with %v", l.ended)
	}
	if runtime.GOOS == "linux" {
		if err := g.Write(0, []byte("x")); !errors.Is(err, ErrGone) {
			t.Errorf("wrote to one that has ended: %v", err)
		}
	}
	if err := g.Write(2, []byte("hello\n")); err != nil {
		t.Error(err)
	}
	var b [6]byte
	if _, err := io.ReadFull(peers[2], b[:]); err != nil || string(b[:]) != "hello\n" {
		t.Errorf("the peer got %q, %v", b, err)
	}
}

// Close says goodbye, ends a write that waits for a peer who does not read, and tells nobody's end.
func TestGroup_CloseEndsWhatWaits(t *testing.T) {
	t.Parallel()
	g, l, peers := group(t, 2)
	waiting := make(chan error, 1)
	go func() {
		block := make([]byte, 1<<20)
		var err error
		for err == nil {
			err = g.Write(0, block)
		}
		waiting <- err
	}()
	g.Close([]byte("bye"))
	if err := <-waiting; err == nil || errors.Is(err, errBlocked) {
		t.Errorf("got %v", err)
	}
	if text, err := io.ReadAll(peers[1]); string(text) != "bye" || err != nil {
		t.Errorf("the peer got %q, %v", text, err)
	}
	if len(l.ended) > 0 {
		t.Errorf("told of %v", l.ended)
	}
}

// What the package is for: many sockets and no goroutine for any of them.
func TestGroup_HasNoGoroutineForASocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has epoll")
	}
	before := runtime.NumGoroutine()
	_, l, peers := group(t, 100)
	for i, c := range peers {
		write(t, c, fmt.Sprintf("%d\n", i))
	}
	l.await(t, "all heard", func() bool { return len(l.heard) == 100 })
	if now := runtime.NumGoroutine(); now > before+10 {
		t.Errorf("%d goroutines for 100 sockets", now-before)
	}
	for i := 1; i < 100; i++ {
		if got := l.heard[i][0]; got != fmt.Sprint(i) {
			t.Errorf("socket %d heard %q", i, got)
		}
	}
}
