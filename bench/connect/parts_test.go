package connect

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// Answers to polls are cut into packets as the protocol says, and what cannot be cut is no payload.
func TestUnpack_CutsPackets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		revision int
		body     string
		want     []string // nil = no payload
	}{
		{3, "1:3", []string{"3"}},
		{3, `6:0{"a"}2:40`, []string{`0{"a"}`, "40"}},
		{3, "11:42/chat,1[]1:6", []string{"42/chat,1[]", "6"}},
		{3, "2:3", nil},
		{3, "x:3", nil},
		{3, "3", nil},
		{3, "0:", nil},
		{3, "-1:3", nil},
		{4, "2", []string{"2"}},
		{4, "40/chat,\x1e2", []string{"40/chat,", "2"}},
	} {
		packets, err := unpack(tt.revision, []byte(tt.body))
		var got []string
		for _, p := range packets {
			got = append(got, string(p))
		}
		if (err != nil) != (tt.want == nil) || err == nil && !slices.Equal(got, tt.want) {
			t.Errorf("%d, %q: got %q, %v; want %q", tt.revision, tt.body, got, err, tt.want)
		}
	}
}

// What is packed is what a server of that revision reads: it unpacks to the packet.
func TestPack_IsWhatUnpackReads(t *testing.T) {
	t.Parallel()
	for _, revision := range []int{3, 4} {
		packets, err := unpack(revision, []byte(pack(revision, "40/chat,")))
		if err != nil || len(packets) != 1 || string(packets[0]) != "40/chat," {
			t.Errorf("%d: got %q, %v", revision, packets, err)
		}
	}
}

// A login that is refused ends the run with its code; what is no login is not looked at.
func TestDesk_RefusedLoginFails(t *testing.T) {
	t.Parallel()
	var failed error
	d := desk{fail: func(err error) { failed = err }, logged: make(chan struct{}, 1)}
	d.hear(7, []byte(`42/chat,["online",{"id":"x"}]`))
	d.hear(7, []byte(`42/chat,["login",{"success":true,"id":"u000007"}]`))
	if failed != nil || len(d.logged) != 1 {
		t.Errorf("%d logged in, %v", len(d.logged), failed)
	}
	d.hear(7, []byte(`42/chat,["login",{"success":false,"error":5003}]`))
	if failed == nil || !strings.Contains(failed.Error(), "u000007: refused with 5003") {
		t.Errorf("got %v", failed)
	}
}

// At most as many logins are under way as there are turns, and all are asked for.
func TestDesk_LoginsAreBounded(t *testing.T) {
	t.Parallel()
	const members, abreast = 10, 3
	d := desk{run: &run{opts: Options{Members: members}}, turns: make(chan struct{}, abreast), logged: make(chan struct{}, abreast)}
	asked, underWay := 0, 0
	d.run.opts.OnProgress = func(string, int64, int64) { underWay-- }
	err := d.logIn(t.Context(), func(member int) error {
		if member != asked {
			t.Errorf("member %d was asked for after %d", member, asked)
		}
		asked++
		if underWay++; underWay > abreast {
			t.Errorf("%d logins are under way", underWay)
		}
		d.logged <- struct{}{}
		return nil
	})
	if err != nil || asked != members {
		t.Errorf("asked for %d, %v", asked, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.logIn(ctx, func(int) error { return nil }); err == nil {
		t.Error("logins that nobody waits for have ended well")
	}
}

// What a session takes is the difference to the node before, by the sessions that there are more.
func TestPerSession(t *testing.T) {
	t.Parallel()
	live := func(s Sample) float64 { return float64(s.Live) }
	before := Sample{Live: 1000, Sessions: 2}
	if got := (Sample{Live: 3000, Sessions: 12}).PerSession(before, live); got != 200 {
		t.Errorf("got %v, want 200", got)
	}
	if got := (Sample{Live: 3000, Sessions: 2}).PerSession(before, live); got != 0 {
		t.Errorf("got %v of no session", got)
	}
}

// Everything that is wrong is named, with its rule.
func TestOptions_ValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	o := Options{Members: 1, Revision: 4, Transports: Transports(), Still: 1, Patience: time.Second}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	o = Options{Members: MaxMembers() + 1, Revision: 5, Patience: -1, Rest: -1, Transports: []Transport{"pigeon"}}
	err := o.Validate()
	for _, want := range []string{"members ", "revision 5", `transport "pigeon"`, "still 0s", "rest -1ns", "wait -1ns"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
	if err := new(Options).Validate(); err == nil || !strings.Contains(err.Error(), "none is given") {
		t.Errorf("got %v of no transport", err)
	}
}
