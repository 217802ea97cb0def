package device_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/device"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var address = im.Device("app", "phone")

var commands = rapid.Custom(func(t *rapid.T) *pb.Command {
	user := rapid.SampledFrom([]string{"tom", "jerry", "spike", "", "no id"}).Draw(t, "user")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0, 1:
		return unbind(user)
	case 2:
		return &pb.Command{Body: &pb.Command_Login{Login: &pb.Login{}}} // not a device's
	default:
		return bind(user)
	}
})

func bind(user string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Bind{Bind: &pb.Bind{User: user}}}
}

func unbind(user string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Unbind{Unbind: &pb.Unbind{User: user}}}
}

// Whoever uses the device, the log alone gives the same state again.
func TestDevice_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return device.New(address) }, commands)
}

// world keeps what each user was told last.
type world struct {
	coretest.World
	owned map[string]bool
}

func begin() *world {
	return &world{World: coretest.World{Core: device.New(address)}, owned: map[string]bool{}}
}

// do decides cmd, applies what follows, and returns what was told, as "+tom" and "-tom".
func (w *world) do(cmd *pb.Command) (d core.Decision, told []string, err error) {
	d, tells, err := w.Do(cmd)
	for _, tell := range tells {
		fact := tell.Item.GetInstall()
		w.owned[tell.To.ID] = fact.Bound
		told = append(told, map[bool]string{true: "+", false: "-"}[fact.Bound]+tell.To.ID)
	}
	return d, told, err
}

// A device that somebody else logs in with moves, and both hear of it; who has it already, and who does not have it any
// more, changes nothing.
func TestDevice_MovesBetweenUsers(t *testing.T) {
	w := begin()
	for _, s := range []struct {
		name string
		cmd  *pb.Command
		want []string
	}{
		{"logout of nobody", unbind("tom"), nil},
		{"first login", bind("tom"), []string{"+tom"}},
		{"the same again", bind("tom"), nil},
		{"somebody else's login", bind("jerry"), []string{"+jerry", "-tom"}},
		{"a late logout", unbind("tom"), nil},
		{"logout", unbind("jerry"), []string{"-jerry"}},
		{"the same again", unbind("jerry"), nil},
		{"a login afterwards", bind("tom"), []string{"+tom"}},
	} {
		d, told, err := w.do(s.cmd)
		if err != nil || !slices.Equal(told, s.want) {
			t.Errorf("%s: told %v, %v; want %v", s.name, told, err, s.want)
		}
		if d.AfterTold != (len(s.want) > 0) {
			t.Errorf("%s: the answer waits: %v", s.name, d.AfterTold)
		}
	}
}

// What users were told folds to who has the device: never two of them.
func TestDevice_IsOneUsersAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, want := begin(), ""
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			cmd := commands.Draw(t, "command")
			_, _, err := w.do(cmd)
			switch body := cmd.Body.(type) {
			case *pb.Command_Bind:
				if err == nil {
					want = body.Bind.User
				}
			case *pb.Command_Unbind:
				if err == nil && body.Unbind.User == want {
					want = ""
				}
			}
			for _, u := range []string{"tom", "jerry", "spike", "", "no id"} {
				if w.owned[u] != (u == want && u != "") {
					t.Fatalf("after %v: told %v, want %q alone", cmd, w.owned, want)
				}
			}
		}
	})
}

// Ids that no user can have are refused; so are commands that are not a device's.
func TestDevice_RefusesWhatCannotBe(t *testing.T) {
	for _, c := range []struct {
		cmd  *pb.Command
		want im.ErrorKind
	}{
		{bind(""), im.Invalid},
		{bind("a/b"), im.Invalid},
		{unbind(""), im.Invalid},
		{&pb.Command{Body: &pb.Command_Login{Login: &pb.Login{}}}, im.Unsupported},
	} {
		if _, _, err := begin().do(c.cmd); im.KindOf(err) != c.want {
			t.Errorf("%v: %v, want %v", c.cmd, err, c.want)
		}
	}
}

// A command that is stored already is done, and does not take the device from who got it since.
func TestDevice_RepeatIsDone(t *testing.T) {
	d := device.New(address)
	for _, cmd := range []*pb.Command{bind("tom"), unbind("tom")} {
		if got, _ := d.Repeat(cmd, im.StoredAt{Seq: 1, TS: 1}); fmt.Sprint(got) != fmt.Sprint(&pb.Reply{}) {
			t.Errorf("repeat of %v is answered %v, want an empty reply", cmd, got)
		}
		if d.MayRepeat(cmd) {
			t.Errorf("%v is looked up on its first arrival", cmd)
		}
	}
}
