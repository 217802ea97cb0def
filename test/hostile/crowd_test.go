package hostile

import (
	"os"
	"os/exec"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// descriptors is how many the node gets in all: half of them are for clients.
const descriptors = "256"

// Connections that fill all the room there is keep others waiting and nothing else: those who are in go on, operators get
// in, and when the crowd leaves, others do. Fails when internal/server listens without its crowd.
func TestCrowd_FullHouseGoesOn(t *testing.T) {
	n := servertest.New(t)
	few := []string{"-c", "ulimit -n " + descriptors + ` && exec "$@"`, "sh", servertest.Binary(t)}
	cmd := exec.Command("sh", append(few, n.Args()...)...)
	cmd.Env = append(os.Environ(), servertest.WatchRaces(t))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		cmd.Wait()         //nolint:errcheck // it was killed
	})
	servertest.Eventually(t, "the node is ready", n.Ready)
	s := layOn(t, n)
	var all []*wire
	for range 300 {
		all = append(all, s.wire(t))
	}
	servertest.Eventually(t, "the house is full", func() bool { return s.Metrics()["process_open_fds"] > s.before.descriptors+100 })
	said := s.pair.count()
	servertest.Eventually(t, "those who are in go on", func() bool { return s.pair.count() > said+10 })
	if now := s.Metrics(); now["process_open_fds"] > 200 {
		t.Errorf("%v descriptors of %v are taken", now["process_open_fds"], now["process_max_fds"])
	}
	for _, w := range all {
		w.Close() //nolint:errcheck // it leaves
	}
	s.dial("guest", client.Options{}).Cut()
}
