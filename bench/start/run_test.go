package start_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/bench/start"
	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// small is the run that is made for results, in a size for every day.
func small(t *testing.T) start.Options {
	return start.Options{
		Binary: servertest.Binary(t), Users: 2000, GroupSize: 700, NameBytes: 32 << 10, Bytes: 5 << 20, Size: 16 << 10,
		BurstBytes: 1 << 20, Starts: 1, Samples: 20,
	}
}

// The whole run, small: everything that a start tells is there and fits together. That all users are stored, and that
// they are still in their groups after a SIGKILL, is checked by the run itself. Checked by breaking it: when the run looks
// for another group, it fails and names the user.
func TestRun_MeasuresEveryWayToStart(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.Dir = filepath.Join(t.TempDir(), "data")
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	r, err := start.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Fill; f.Users != 2000 || f.Groups != 3 || f.Messages != 320 || f.MessageBytes != 5<<20 || f.Awake < 2000 {
		t.Errorf("filled with %+v", f)
	}
	var ways []start.Way
	for _, st := range r.Starts {
		ways = append(ways, st.Way)
		if st.Ready <= 0 || st.Acked <= st.Ready || st.HeapGC == 0 || st.CPU == 0 {
			t.Errorf("a start without a figure: %+v", st)
		}
		if filled := st.Way != start.Empty; (st.Read != nil) != filled || (st.Login != nil) != filled || (st.Disk > o.Bytes) != filled {
			t.Errorf("%+v, of a directory that is filled: %v", st, filled)
		}
	}
	if !slices.Equal(ways, start.Ways()) {
		t.Errorf("started in the ways %v", ways)
	}
	if held, err := os.ReadDir(o.Dir); err != nil || len(held) == 0 {
		t.Errorf("the directory that was asked for is not kept: %v", err)
	}
	if _, err := start.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a second run on the directory: %v", err)
	}
}
