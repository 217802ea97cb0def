package system

import (
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// Friends, friendships, histories and numbers are facts of the log: after SIGKILL and a restart every GET answers what
// it answered before, byte for byte.
func TestRestart_AfterKillEveryAnswerIsTheSame(t *testing.T) {
	n := servertest.Start(t)
	v := populate(t, n)
	before := v.answers(t, n)
	// The comparison would prove nothing if the answers were empty.
	if got := before["GET /ctx/tom/friends/jerry/chats?limit=100"]; strings.Count(got, `"speaker"`) != 2*rounds {
		t.Fatalf("want %d records of tom and jerry, got %s", 2*rounds, got)
	}
	n.Kill()
	n.Restart()
	sameAnswers(t, before, v.answers(t, n))
}

// A clean stop loses nothing either, and numbers go on where they were.
func TestRestart_AfterStopNumbersGoOn(t *testing.T) {
	n := servertest.Start(t)
	v := populate(t, n)
	before := v.answers(t, n)
	if code := n.Terminate(); code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, n.Stderr())
	}
	n.Restart()
	sameAnswers(t, before, v.answers(t, n))
	tom := login(t, n, "tom", client.Options{})
	if a := sayAndWait(t, tom, client.Text("jerry", "and on")); a.N != 2*rounds+1 {
		t.Fatalf("got n %d, want %d", a.N, 2*rounds+1)
	}
}
