package actors_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What is stored, though nobody knew it, and is sent again, is answered as at first: where an answer waits until others know, it waits
// until then, or for a second if they cannot be told; a message among friends waits for nobody.
//
// Checked by breaking it: it fails when a repeat is answered at once.
func TestShell_RepeatsWaitAsTheFirstAnswer(t *testing.T) {
	lobby, hello := im.Room(app, "lobby"), say("hello", "tom", "jerry")
	hello.GetSay().Introduced = true
	for name, c := range map[string]struct {
		to    im.Address
		cmd   *pb.Command
		waits bool
	}{
		"a join":                       {lobby, addMembers("join", "jerry"), true},
		"a friendship":                 {im.FriendDialog(app, "spike", "jerry"), befriend("spike", "jerry"), true},
		"a first message of strangers": {im.StrangerDialog(app, "tom", "jerry"), hello, true},
		"a message of friends":         {pair, say("hi", "tom", "jerry"), false},
	} {
		for blocked, want := range map[time.Duration]time.Duration{
			// Who was told in vain is told again after 10, 20, 40, 80 and 160 ms.
			300 * time.Millisecond: 310 * time.Millisecond,
			time.Minute:            time.Second,
		} {
			t.Run(name+", others cannot be told for "+blocked.String(), func(t *testing.T) {
				withoutDelay(t, func(t *testing.T) {
					log, way := newLog(t), &road{}
					l := begin(t, log, newHub(), 1, func(l *life, o *actors.Options) { way.Caller, o.Caller = l, way })
					l.must(lobby, create("", "tom"))
					l.must(pair, befriend("tom", "jerry"))
					synctest.Wait()
					way.block(true)
					log.FailNext(im.Unknown, true)
					if reply := l.deliver(c.to, c.cmd, patient); reply.Error != uint32(im.Retry)+1 {
						t.Fatalf("answered %v, want retry: the test would prove nothing", reply)
					}
					time.AfterFunc(blocked, func() { way.block(false) })
					began := time.Now()
					l.must(c.to, &pb.Command{Id: c.cmd.Id, Retried: true, Body: c.cmd.Body})
					if !c.waits {
						want = 0
					}
					if took := time.Since(began); took != want {
						t.Errorf("answered after %v, want %v", took, want)
					}
					if told := blocked < time.Second; c.to == lobby && l.hub.listens(jerry, "lobby") != told {
						t.Errorf("when it was answered the hub listened for jerry: %v, want %v", !told, told)
					}
				})
			})
		}
	}
}
