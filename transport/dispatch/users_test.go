package dispatch_test

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

func loggedIn(bound bool) *pb.Reply {
	return &pb.Reply{Body: &pb.Reply_Login{Login: &pb.LoginReply{Bound: bound}}}
}

// An installation is bound where it is not the user's already: after the user exists, at the device.
func TestLogin_BindsWhatIsNotBound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		install im.InstallID
		bound   bool
		calls   int
	}{
		{"no installation", "", false, 1},
		{"bound already", "i1", true, 1},
		{"not bound", "i1", false, 2},
	} {
		d, f := newDispatcher(loggedIn(tt.bound), &pb.Reply{})
		if err := d.Login(t.Context(), "app", "tom", tt.install); err != nil || len(f.calls) != tt.calls {
			t.Errorf("%s: %v after %d calls, want %d", tt.name, err, len(f.calls), tt.calls)
			continue
		}
		c := f.calls[0]
		if c.to != im.User("app", "tom") || c.cmd.GetId() == "" || c.cmd.GetLogin().GetInstall() != string(tt.install) {
			t.Errorf("%s: sent %v to %v", tt.name, c.cmd, c.to)
		}
		if tt.calls == 1 {
			continue
		}
		bind := f.calls[1]
		if bind.to != im.Device("app", "i1") || bind.cmd.GetBind().GetUser() != "tom" || bind.cmd.GetId() == "" || bind.cmd.GetId() == c.cmd.GetId() {
			t.Errorf("%s: then sent %v to %v", tt.name, bind.cmd, bind.to)
		}
	}
}

func TestLogin_FailsWithEitherCommand(t *testing.T) {
	t.Parallel()
	for _, steps := range [][]*pb.Reply{{failed(im.Overloaded)}, {loggedIn(false), failed(im.Overloaded)}} {
		d, f := newDispatcher(steps...)
		if err := d.Login(t.Context(), "app", "tom", "i1"); im.KindOf(err) != im.Overloaded || len(f.calls) != len(steps) {
			t.Errorf("%v after %d calls, want overloaded after %d", err, len(f.calls), len(steps))
		}
	}
}

// Both commands of a login share one deadline.
func TestLogin_GivesUpAtTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDispatcher(nil, loggedIn(false), nil, nil, nil, nil)
		began := time.Now()
		err := d.Login(t.Context(), "app", "tom", "i1")
		if took := time.Since(began); im.KindOf(err) != im.Unavailable || took != 5*time.Second {
			t.Errorf("%v after %v, want unavailable after 5s", err, took)
		}
	})
}

func TestLogout_UnbindsAtTheDevice(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(&pb.Reply{})
	if err := d.Logout(t.Context(), "app", "tom", "i1"); err != nil {
		t.Fatal(err)
	}
	if c := f.calls[0]; c.to != im.Device("app", "i1") || c.cmd.GetUnbind().GetUser() != "tom" || c.cmd.GetId() == "" {
		t.Errorf("sent %v to %v", c.cmd, c.to)
	}
}

func TestLoginAndLogout_RefuseIllegalIDsWithoutSending(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher()
	ctx := t.Context()
	for name, err := range map[string]error{
		"login, user":     d.Login(ctx, "app", "a:b", ""),
		"login, app":      d.Login(ctx, "a/b", "tom", ""),
		"login, install":  d.Login(ctx, "app", "tom", "a b"),
		"logout, user":    d.Logout(ctx, "app", "", "i1"),
		"logout, install": d.Logout(ctx, "app", "tom", "a b"),
		"logout, none":    d.Logout(ctx, "app", "tom", ""),
	} {
		if im.KindOf(err) != im.Invalid || err == nil {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if len(f.calls) != 0 {
		t.Errorf("%d commands were sent", len(f.calls))
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(&pb.Reply{Body: &pb.Reply_Profile{Profile: &pb.ProfileReply{
		Updated: 9, Sessions: 2, Online: true, Friends: []*pb.Friend{{Peer: "jerry", Friends: true, Since: 4}},
		Groups: []string{"g1", "g2"}, Rooms: []string{"r1"}, Installs: []string{"i1"},
	}}})
	got, err := d.Profile(t.Context(), "app", "tom")
	want := dispatch.Profile{
		Updated: 9, Sessions: 2, Online: true, Friends: []dispatch.Friend{{Peer: "jerry", Since: 4}},
		Groups: []im.GroupID{"g1", "g2"}, Rooms: []im.RoomID{"r1"}, Installs: []im.InstallID{"i1"},
		Attributes: []dispatch.Attribute{}, Contacts: []dispatch.Contact{},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Profile = %+v, %v; want %+v", got, err, want)
	}
	if f.calls[0].cmd.GetId() != "" {
		t.Error("Profile is a read but has an id")
	}
	d, _ = newDispatcher(failed(im.NotFound))
	if _, err := d.Profile(t.Context(), "app", "nobody"); im.KindOf(err) != im.NotFound {
		t.Errorf("Profile of nobody: %v, want not found", err)
	}
}
