package user_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// befriended returns tom with jerry and spike as friends, and butch as a former one.
func befriended(t fataler) *world {
	t.Helper()
	w := begin()
	butch := im.FriendDialog("app", "tom", "butch")
	w.do(t, tell(spike, fact(spike, 1, true)))
	w.do(t, tell(jerry, fact(jerry, 1, true)))
	w.do(t, tell(butch, fact(butch, 1, true), fact(butch, 2, false)))
	w.do(t, tell(lobby, fact(lobby, 1, true)))
	return w
}

// comes is what a friend says who comes, or goes, and awaits an answer; isThere what one says whose actor has moved.
func comes(friend string, online bool) *pb.Presence {
	return &pb.Presence{User: friend, Online: online, Asks: &pb.Question{Number: 1, Fresh: online}}
}

func isThere(friend string) *pb.Presence {
	return &pb.Presence{User: friend, Online: true, Silent: true, Asks: &pb.Question{Number: 1}}
}

// answers is what a friend answers to a question of tom.
func answers(question uint64, friend string, online, silent bool) *pb.Presence {
	return &pb.Presence{User: friend, Online: online, Silent: silent, Answers: &pb.Question{Number: question}}
}

// show writes what leaves: "+jerry" announced as news, "(+jerry)" where it is none, "all(+jerry -spike ?eve)" of all;
// "jerry<online ask silent" nudged.
func show(out core.Out) string {
	var parts []string
	for _, a := range out.Announce {
		parts = append(parts, showAnnounce(a))
	}
	for _, n := range out.Nudge {
		if n.GetPresence().User != "tom" || n.To.Addr() != im.User("app", im.UserID(n.To.Id)) {
			parts = append(parts, fmt.Sprintf("misdirected %v", n))
		}
		parts = append(parts, n.To.Id+"<"+showPresence(n.GetPresence()))
	}
	return strings.Join(parts, ", ")
}

func showPresence(p *pb.Presence) string {
	text := map[bool]string{true: "online", false: "offline"}[p.Online]
	for _, flag := range []struct {
		set  bool
		name string
	}{{p.Asks != nil, " ask"}, {p.Asks.GetFresh(), " fresh"}, {p.Answers != nil, " answer"}, {p.Silent, " silent"}} {
		if flag.set {
			text += flag.name
		}
	}
	return text
}

func showAnnounce(a *pb.Announce) string {
	var named []string
	for sign, ids := range map[string][]string{"+": a.Online, "-": a.Offline, "?": a.Unsure} {
		for _, id := range ids {
			named = append(named, sign+id)
		}
	}
	slices.Sort(named)
	text := strings.Join(named, " ")
	if a.Silent {
		text = "(" + text + ")"
	}
	if a.Whole {
		text = "all" + text
	}
	return text
}

// there returns tom, who came while jerry and spike were offline and has heard so from both.
func there(t fataler) *world {
	w := befriended(t)
	w.Attend(true, false)
	w.Hear(answers(1, "jerry", false, true))
	if got, want := show(w.Hear(answers(1, "spike", false, true))), "all()"; got != want {
		t.Fatalf("all have answered: %s, want %s", got, want)
	}
	return w
}

// Who comes online tells its friends, asks how they are, and listens to its rooms. Who goes tells them, too, and of those who
// are there, or may be, it wants to hear that they have heard.
func TestUser_AttendTellsFriends(t *testing.T) {
	w := befriended(t)
	out := w.Attend(true, false)
	if got, want := show(out), "jerry<online ask fresh, spike<online ask fresh"; got != want {
		t.Errorf("coming: %s, want %s", got, want)
	}
	if l := out.Listen; l == nil || !l.Only || !slices.Equal(l.Joined, []im.RoomID{"lobby"}) {
		t.Errorf("coming: listens %+v, want only to the lobby", l)
	}
	out = w.Attend(false, false)
	if got, want := show(out), "jerry<offline ask, spike<offline ask"; got != want || out.Listen != nil {
		t.Errorf("going: %s and %+v, want %s alone", got, out.Listen, want)
	}
	w = there(t)
	w.Hear(comes("jerry", true))
	if got, want := show(w.Attend(false, false)), "jerry<offline ask, spike<offline"; got != want {
		t.Errorf("going when jerry alone is there: %s, want %s", got, want)
	}
}

// What a friend says is announced when it is a change; not when it is repeated, a stranger's, or to who is offline. Whoever
// asks is answered, also by who is offline; who is no friend is not.
func TestUser_HearsOfFriends(t *testing.T) {
	online, offline := there(t), befriended(t)
	for _, s := range []struct {
		name string
		w    *world
		p    *pb.Presence
		want string
	}{
		{"a friend comes", online, comes("jerry", true), "+jerry, jerry<online answer silent"},
		{"it says so again", online, comes("jerry", true), "jerry<online answer silent"},
		{"another one is there", online, isThere("spike"), "(+spike), spike<online answer"},
		{"it is there still", online, isThere("spike"), "spike<online answer"},
		{"it goes", online, comes("spike", false), "-spike, spike<online answer"},
		{"it answers late that it is online", online, answers(1, "spike", true, true), "(+spike)"},
		{"it goes, which is a change then", online, comes("spike", false), "-spike, spike<online answer"},
		{"it goes again", online, comes("spike", false), "spike<online answer"},
		{"the first one answers that it went", online, answers(1, "jerry", false, false), "-jerry"},
		{"it comes", online, comes("jerry", true), "+jerry, jerry<online answer silent"},
		{"a stranger asks", online, comes("nobody", true), ""},
		{"a former friend asks", online, comes("butch", true), ""},
		{"oneself", online, comes("tom", true), ""},
		{"a friend comes while nobody is there", offline, comes("jerry", true), "jerry<offline answer silent"},
		{"it is there", offline, isThere("jerry"), "jerry<offline answer"},
		{"it answers", offline, answers(1, "jerry", true, false), ""},
	} {
		if got := show(s.w.Hear(s.p)); got != s.want {
			t.Errorf("%s: %q, want %q", s.name, got, s.want)
		}
	}
}

// Sessions hear what friends answer together, when the last has answered, and news of friends at once. To who just came the
// answers are no news; to who was there before its actor they may be, and all are named. Only answers to the last question count,
// and what friends ask.
//
// Checked by breaking it: it fails when any answer counts.
func TestUser_TellsOfAllWhenAllHaveAnswered(t *testing.T) {
	for silent, all := range map[bool]string{false: "all(+spike)", true: "all+spike -jerry"} {
		w := befriended(t)
		w.Attend(true, silent)
		w.Attend(true, silent) // the second question
		for i, s := range []struct {
			p    *pb.Presence
			want string
		}{
			{answers(1, "jerry", true, !silent), ""},
			{answers(2, "jerry", true, !silent), ""},
			{comes("jerry", false), "-jerry, jerry<online answer"},
			{answers(1, "spike", false, !silent), ""},
			{answers(1, "jerry", true, !silent), ""},
			{isThere("spike"), "+spike, " + all + ", spike<online answer"},
		} {
			if got := show(w.Hear(s.p)); got != s.want {
				t.Errorf("silent %v, step %d: %q, want %q", silent, i, got, s.want)
			}
		}
		if w.Awaits() {
			t.Error("it awaits answers")
		}
	}
	w := befriended(t)
	w.Attend(true, true)
	w.Hear(answers(1, "jerry", false, false))
	if got, want := show(w.Hear(answers(1, "spike", true, false))), "all+spike -jerry"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Who does not answer is asked again; meanwhile sessions hear of the rest, and of it when it answers, also what has not changed:
// it may have gone since they saw it. When sessions may have missed something, they are told of all anew.
func TestUser_RemindsWhoDoesNotAnswer(t *testing.T) {
	w := befriended(t)
	w.Attend(true, false)
	w.Hear(answers(1, "jerry", true, true))
	for i, step := range []struct {
		do   func() core.Out
		want string
	}{
		{func() core.Out { return w.Remind(false) }, "all(+jerry ?spike), spike<online ask"},
		{func() core.Out { return w.Remind(false) }, "spike<online ask"},
		{func() core.Out { return w.Hear(answers(1, "spike", false, false)) }, "-spike"},
		{func() core.Out { return w.Remind(true) }, "all+jerry -spike"},
		{func() core.Out { return w.Attend(false, false) }, "jerry<offline ask, spike<offline"},
		{func() core.Out { return w.Remind(false) }, "jerry<offline ask"},
		{func() core.Out { return w.Hear(answers(1, "jerry", true, false)) }, ""},
		{func() core.Out { return w.Hear(answers(2, "jerry", true, false)) }, ""},
		{func() core.Out { return w.Remind(false) }, ""},
	} {
		if got := show(step.do()); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	if w.Awaits() {
		t.Error("it awaits answers")
	}
}

// Sessions hear of all also when the last who has not answered is no friend any more, so that nobody is left who could.
//
// Checked by breaking it: it fails when Awaits counts only who has not answered.
func TestUser_TellsOfAllWhenTheLastAskedIsNoFriend(t *testing.T) {
	w := befriended(t)
	w.Attend(true, false)
	w.Hear(answers(1, "jerry", true, true))
	w.do(t, tell(spike, fact(spike, 2, false)))
	if !w.Awaits() {
		t.Fatal("nobody would remind it")
	}
	if got, want := show(w.Remind(false)), "all(+jerry)"; got != want || w.Awaits() {
		t.Errorf("%q, want %q, and nothing after it", got, want)
	}
}

// Friends who are online by the word of an earlier owner of their shard are asked again, once; others are not.
//
// Checked by breaking it: it fails when Doubt asks under the number of the question before.
func TestUser_DoubtsWhatAnEarlierOwnerSaid(t *testing.T) {
	w := there(t)
	p := comes("jerry", true)
	p.Shard, p.Term = 3, 7
	w.Hear(p)
	for i, s := range []struct {
		shard im.ShardID
		term  uint64
		want  string
	}{
		{3, 7, ""}, {4, 8, ""}, {3, 8, "jerry<online ask silent"}, {3, 8, ""},
	} {
		if got := show(w.Doubt(s.shard, s.term)); got != s.want {
			t.Errorf("step %d: %q, want %q", i, got, s.want)
		}
	}
	w.Hear(answers(1, "jerry", true, false))
	if !w.Awaits() {
		t.Error("an answer to an earlier question counts")
	}
	if got, want := show(w.Hear(answers(2, "jerry", false, false))), "-jerry"; got != want || w.Awaits() {
		t.Errorf("%q, want %q and no more questions", got, want)
	}
}

// A friend who comes while it is doubted has missed nothing of this user, who was there before: the answer is no news to it.
//
// Checked by breaking it: it fails when Hear takes a doubt for news that the friend has missed.
func TestUser_WhoIsDoubtedComes(t *testing.T) {
	w := there(t)
	p := comes("jerry", true)
	p.Shard, p.Term = 3, 7
	w.Hear(p)
	w.Doubt(3, 8)
	p = comes("jerry", true)
	p.Shard, p.Term = 3, 8
	if got, want := show(w.Hear(p)), "?jerry, +jerry, jerry<online answer silent"; got != want {
		t.Errorf("who is doubted comes: %q, want %q", got, want)
	}
}

// A login tells the hubs of all friends, since the session's may know of nobody; not before all have answered.
func TestUser_LoginTellsOfFriends(t *testing.T) {
	w := befriended(t)
	w.Attend(true, false)
	if got := show(w.do(t, login("")).Out); got != "" {
		t.Errorf("before the answers: %q", got)
	}
	w = there(t)
	w.Hear(comes("jerry", true))
	if got, want := show(w.do(t, login("")).Out), "all(+jerry)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Who goes offline forgets who is online: what it was told before, or while it was away, counts for nothing afterwards.
func TestUser_OfflineForgetsWhoIsAround(t *testing.T) {
	w := there(t)
	w.Hear(comes("jerry", true))
	w.Attend(false, false)
	w.Hear(comes("spike", true))
	w.Attend(true, false)
	for _, friend := range []string{"jerry", "spike"} {
		if got := w.Hear(comes(friend, true)).Announce; len(got) == 0 || showAnnounce(got[0]) != "+"+friend {
			t.Errorf("%s comes: %v, want that it is announced", friend, got)
		}
	}
}

// A friendship that begins while the user is online asks the friend, silently: nobody came online. One that ended and
// begins again does too, and knows nothing of before; nor do its sessions. Repeats ask nobody, nor does who is offline.
//
// Checked by breaking it: it fails when Now says nothing to who is offline.
func TestUser_NewFriendIsAsked(t *testing.T) {
	w := begin()
	w.do(t, login(""))
	if got, want := show(w.do(t, tell(spike, fact(spike, 1, true))).Out), "?spike"; got != want {
		t.Errorf("a new friend of one who is offline: %q, want %q", got, want)
	}
	w.Attend(true, false)
	const asked, forgotten = "?jerry, jerry<online ask fresh silent", "?jerry"
	for i, s := range []struct {
		items []*pb.Told
		want  string
	}{
		{[]*pb.Told{fact(jerry, 1, true)}, asked},
		{[]*pb.Told{fact(jerry, 1, true)}, ""},
		{[]*pb.Told{fact(jerry, 2, false)}, forgotten},
		{[]*pb.Told{fact(jerry, 1, true)}, ""},
		{[]*pb.Told{fact(jerry, 3, true)}, asked},
		{[]*pb.Told{fact(jerry, 4, false), fact(jerry, 5, true)}, asked},
		{[]*pb.Told{fact(jerry, 6, true), fact(jerry, 7, false)}, forgotten},
	} {
		if got := show(w.do(t, tell(jerry, s.items...)).Out); got != s.want {
			t.Errorf("step %d: %q, want %q", i, got, s.want)
		}
	}
	w.do(t, tell(jerry, fact(jerry, 8, true)))
	w.Hear(comes("jerry", true))
	w.do(t, tell(jerry, fact(jerry, 9, false), fact(jerry, 10, true)))
	if got := w.Hear(comes("jerry", true)).Announce; len(got) == 0 || showAnnounce(got[len(got)-1]) != "+jerry" {
		t.Errorf("a friend of old comes: %v, want that it is announced", got)
	}
}

// A friendship may end when the user's actor has moved and does not know yet that the user is there: sessions, which heard of the
// friend from the actor before, do not hear that it went.
//
// Checked by breaking it: it fails when Now says nothing to who is offline.
func TestUser_FormerFriendIsForgotten(t *testing.T) {
	w := befriended(t)
	for i, want := range []string{"?spike", ""} {
		if got := show(w.do(t, tell(spike, fact(spike, 2, false))).Out); got != want {
			t.Errorf("told %d times: %q, want %q", i+1, got, want)
		}
	}
}

// To two who have just become friends it is no news that the other is there, whoever asks first, and also where the question has to
// be repeated beside others. The friendship may not be stored yet, so that sessions still take the other for offline.
//
// Checked by breaking it: it fails when Remind asks new friends like others, when Hear or announce take the question of a new
// friend for any other, and when announce does not begin with what nobody knows.
func TestUser_NewFriendIsNoNews(t *testing.T) {
	w := befriended(t)
	w.Attend(true, false)
	butch := im.FriendDialog("app", "tom", "butch")
	w.do(t, tell(butch, fact(butch, 3, true)))
	if got := show(w.Remind(false)); !strings.Contains(got, "butch<online ask fresh silent") || !strings.Contains(got, "spike<online ask,") {
		t.Errorf("reminded: %q", got)
	}
	w.Hear(answers(1, "jerry", true, true))
	w.Hear(answers(1, "spike", false, true))
	greeting := &pb.Presence{User: "butch", Online: true, Silent: true, Asks: &pb.Question{Number: 7, Fresh: true}, Term: 1}
	out := w.Hear(greeting)
	for i, a := range out.Announce {
		if isUnsure := slices.Equal(a.Unsure, []string{"butch"}); isUnsure != (i == 0) || !isUnsure && !a.Silent {
			t.Errorf("announced: %v, want first that nobody knows, then silence", out.Announce)
		}
	}
	if len(out.Nudge) != 1 || !out.Nudge[0].GetPresence().GetSilent() {
		t.Errorf("answered: %v, want it silent", out.Nudge)
	}
}

// A new friend who comes before it has answered hears no news of who was there when they became friends: only its coming is some.
//
// Checked by breaking it: it fails when Hear takes the question to a new friend for news that the friend has missed.
func TestUser_NewFriendComes(t *testing.T) {
	w := there(t)
	butch := im.FriendDialog("app", "tom", "butch")
	w.do(t, tell(butch, fact(butch, 3, true)))
	if got, want := show(w.Hear(comes("butch", true))), "?butch, +butch, butch<online answer silent"; got != want {
		t.Errorf("a new friend comes: %q, want %q", got, want)
	}
}

// The first friend of a user whose actor has moved is no news, though all that friends say to such a user may be some.
//
// Checked by breaking it: it fails when announce leaves the new friend to what it tells of all.
func TestUser_NewFriendOfOneWhoMovedIsNoNews(t *testing.T) {
	for online, want := range map[bool]string{true: "?jerry, (+jerry), all+jerry", false: "?jerry, (-jerry), all-jerry"} {
		w := begin()
		w.Attend(true, true)
		w.do(t, tell(jerry, fact(jerry, 1, true)))
		if got := show(w.Hear(answers(1, "jerry", online, true))); got != want {
			t.Errorf("the new friend is online: %v: %q, want %q", online, got, want)
		}
	}
}

// Nor is it news that a new friend is there whose actor has moved, and which therefore asks like one of old.
//
// Checked by breaking it: it fails when announce takes the question to a new friend for one that was lost with news.
func TestUser_NewFriendWhoMovedIsNoNews(t *testing.T) {
	w := there(t)
	butch := im.FriendDialog("app", "tom", "butch")
	w.do(t, tell(butch, fact(butch, 3, true)))
	if got, want := show(w.Hear(isThere("butch"))), "?butch, (+butch), butch<online answer"; got != want {
		t.Errorf("a new friend is there: %q, want %q", got, want)
	}
}

// What a login and a new friendship say of friends may wait for the log, and does not undo what friends say meanwhile.
//
// Checked by breaking it: it fails when login or follow announces what is so when it is decided, and when Now takes who has answered
// for one who has not.
func TestUser_SaysWhatIsSoWhenItLeaves(t *testing.T) {
	w := there(t)
	w.Hear(comes("jerry", true))
	butch := im.FriendDialog("app", "tom", "butch")
	for _, s := range []struct {
		name      string
		cmd       *pb.Command
		meanwhile *pb.Presence
		want      string
	}{
		{"a login", login(""), comes("jerry", false), "all()"},
		{"a new friendship", tell(butch, fact(butch, 3, true)), comes("butch", true), ""},
	} {
		d, _, err := w.Do(s.cmd)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		w.Hear(s.meanwhile)
		if got := show(d.Out) + show(w.Now(d.Out.AllFriends, d.Out.Met)); got != s.want {
			t.Errorf("%s: %q, want %q", s.name, got, s.want)
		}
	}
}

// Presence is soft: it is no part of the state, and a fresh core is offline.
func TestUser_PresenceIsNoState(t *testing.T) {
	w := befriended(t)
	before := string(w.Marshal())
	w.Attend(true, false)
	w.Hear(comes("jerry", true))
	if string(w.Marshal()) != before {
		t.Error("presence changed the state")
	}
	next := user.New(address)
	if err := next.Unmarshal(w.Marshal()); err != nil {
		t.Fatal(err)
	}
	if got, want := show(next.Hear(isThere("jerry"))), "jerry<offline answer"; got != want {
		t.Errorf("a successor answers %q, want %q", got, want)
	}
}

// A user of whom only this core did not know that it is there takes its place again without a sound: it asks its friends, whose
// sessions believe it already, and listens to its rooms.
//
// Checked by breaking it: it fails when Attend forgets that it is silent.
func TestUser_AttendsSilently(t *testing.T) {
	out := befriended(t).Attend(true, true)
	if got, want := show(out), "jerry<online ask silent, spike<online ask silent"; got != want || out.Listen == nil {
		t.Errorf("told %s and %+v, want %s, and the rooms", got, out.Listen, want)
	}
}
