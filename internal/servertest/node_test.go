package servertest_test

import (
	"net/http"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// What was acknowledged before a crash is there after it.
func TestNode_KillAndRestart(t *testing.T) {
	n := servertest.Start(t)
	n.Client().Expect(http.MethodPost, "/ctx/tom/friends/jerry", http.StatusOK)
	n.Kill()
	if n.Ready() {
		t.Fatal("the node is ready after it was killed")
	}
	n.Restart()
	if got := n.Client().Expect(http.MethodGet, "/ctx/jerry/friends", http.StatusOK); got != `["tom"]` {
		t.Errorf("friends after the crash: %s", got)
	}
	if code := n.Terminate(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
