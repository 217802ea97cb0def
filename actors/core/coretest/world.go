package coretest

import (
	"bytes"
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// World runs a core as the shell does, a millisecond an event.
type World struct {
	Core core.Core
	Head im.Head // of what would be its log
}

// Do decides cmd, applies what follows, and returns what must be told of it.
func (w *World) Do(cmd *pb.Command) (d core.Decision, tells []core.Tell, err error) {
	d, err = w.Core.Decide(cmd, w.Head.TS+1)
	w.Head = stamp(w.Head, d.Events)
	for _, ev := range d.Events {
		w.Core.Apply(ev)
		tells = append(tells, w.Core.Tells(ev)...)
	}
	return d, tells, err
}

// Done is the outcome of a command that is not refused: no core answers with an internal error.
const Done = im.Internal

// Try does cmd, and complains unless it is refused with the kind want, or Done. A refused one must change nothing.
func (w *World) Try(t *testing.T, name string, cmd *pb.Command, want im.ErrorKind) {
	t.Helper()
	before := w.Core.Marshal()
	d, _, err := w.Do(cmd)
	if want == Done && err != nil || want != Done && im.KindOf(err) != want {
		t.Errorf("%s: error = %v, want %v", name, err, want)
	}
	if err != nil && (len(d.Events) > 0 || !bytes.Equal(w.Core.Marshal(), before)) {
		t.Errorf("%s: refused, but changed something", name)
	}
}
