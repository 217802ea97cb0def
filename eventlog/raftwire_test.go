package eventlog

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lni/dragonboat/v4/raftio"
	"github.com/lni/dragonboat/v4/raftpb"
)

// lines is a transport to a member that is there, or not.
type lines struct {
	raftio.ITransport
	there       bool
	dials, sent int
}

var errNobodyThere = errors.New("nobody there")

func (l *lines) GetConnection(context.Context, string) (raftio.IConnection, error) {
	if l.dials++; !l.there {
		return nil, errNobodyThere
	}
	return line{l}, nil
}

func (l *lines) GetSnapshotConnection(context.Context, string) (raftio.ISnapshotConnection, error) {
	if !l.there {
		return nil, errNobodyThere
	}
	return line{l}, nil
}

type line struct{ of *lines }

func (l line) SendMessageBatch(raftpb.MessageBatch) error { return l.SendChunk(raftpb.Chunk{}) }

func (l line) SendChunk(raftpb.Chunk) error {
	if !l.of.there {
		return errNobodyThere
	}
	l.of.sent++
	return nil
}

func (line) Close() {}

// say sends a message on a wire, 10 ms after the last one, and returns whether it arrived.
func (l *lines) say(t *testing.T, w raftio.IConnection) bool {
	t.Helper()
	<-time.After(10 * time.Millisecond)
	before := l.sent
	if err := w.SendMessageBatch(raftpb.MessageBatch{}); err != nil {
		t.Fatal(err)
	}
	return l.sent > before
}

// A member that comes, or comes back, is reached within a redial pause and a message, however long it was away; what was said
// meanwhile is lost, nobody is told so, and no attempt comes before its time.
//
// Checked by breaking it: without redialPause it dials for each message; when the wire keeps a broken connection, nothing arrives
// afterwards.
func TestWire_ReachesAMemberAsSoonAsItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lines{}
		w, err := (&wires{ITransport: l, cut: map[string]bool{}}).GetConnection(t.Context(), "node2")
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			l.there, l.dials = false, 0
			for range 500 {
				if l.say(t, w) {
					t.Fatal("a message arrives where nobody is")
				}
			}
			if l.dials < 95 || l.dials > 101 {
				t.Errorf("%d attempts in 5 s, want one in 50 ms", l.dials)
			}
			l.there = true
			for arrived := 0; arrived < 5; arrived++ {
				began := time.Now()
				for !l.say(t, w) {
					if time.Since(began) > redialPause+10*time.Millisecond {
						t.Fatal("nothing arrives though it is there")
					}
				}
			}
		}
		w.Close()
	})
}

// A snapshot that does not get there ends the connection for messages, once: dragonboat makes a pause for both, which the next
// connection ends. One that gets there does not.
//
// Checked by breaking it: it fails when a snapshot that could not begin, or was closed too early, is not noted, and when it is never
// forgotten.
func TestWires_SnapshotThatIsCutEndsTheConnection(t *testing.T) {
	whole := []raftpb.Chunk{{ChunkId: 0, ChunkCount: 3}, {ChunkId: 1, ChunkCount: raftpb.LastChunkCount}}
	for name, c := range map[string]struct {
		there  bool
		chunks []raftpb.Chunk
		ends   bool
	}{
		"it cannot begin":     {false, nil, true},
		"nothing is sent":     {true, nil, true},
		"the end is missing":  {true, whole[:1], true},
		"it gets there whole": {true, whole, false},
	} {
		l := &lines{there: true}
		ws := &wires{ITransport: l, cut: map[string]bool{}}
		w, _ := ws.GetConnection(t.Context(), "node2")
		other, _ := ws.GetConnection(t.Context(), "node3")
		l.there = c.there
		if s, err := ws.GetSnapshotConnection(t.Context(), "node2"); err == nil {
			for _, chunk := range c.chunks {
				if err := s.SendChunk(chunk); err != nil {
					t.Fatal(err)
				}
			}
			s.Close()
		}
		l.there = true
		if err := w.SendMessageBatch(raftpb.MessageBatch{}); errors.Is(err, errSnapshotCut) != c.ends {
			t.Errorf("%s: the connection says %v", name, err)
		}
		w, _ = ws.GetConnection(t.Context(), "node2")
		for _, conn := range []raftio.IConnection{w, other} {
			if err := conn.SendMessageBatch(raftpb.MessageBatch{}); err != nil {
				t.Errorf("%s: the next connection, or another one, says %v", name, err)
			}
		}
	}
}
