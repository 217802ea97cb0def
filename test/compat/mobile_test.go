package compat

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// The engines of the iOS and Android SDKs, by polling and with an upgrade: two users talk, ask for acknowledgements, beat,
// leave and come back; what is said in the middle of an upgrade comes, once. Checked by breaking it: text frames that are
// not decoded twice garble Swift's CJK, a content type with a parameter is none to Java, and without a noop for the waiting
// GET nobody ends the upgrade.
func TestMobile_TalksByPollingAndUpgrade(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	for _, h := range habits {
		for _, upgrade := range []bool{false, true} {
			name := fmt.Sprintf("%s-upgrade-%v", h.name, upgrade)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				meetMobile(t, s, h, name, upgrade)
			})
		}
	}
}

func meetMobile(t *testing.T, s *servertest.Node, h habit, suffix string, upgrade bool) {
	t.Helper()
	tom, twin, jerry := openMobile(t, s, h, "tom-"+suffix), openMobile(t, s, h, "tom-"+suffix), openMobile(t, s, h, "jerry-"+suffix)
	if err := rest(s).Befriend(t.Context(), tom.user, jerry.user); err != nil {
		t.Fatal(err)
	}
	said := []string{"before 之前 é", "in between, 中间 😀"}
	tom.says(jerry, said[0])
	if upgrade {
		twin.upgrade(func() {})
		jerry.upgrade(func() { tom.says(jerry, said[1]) })
		tom.upgrade(func() {})
	} else {
		tom.says(jerry, said[1])
	}
	for _, line := range lines {
		tom.says(jerry, line)
		jerry.says(tom, line)
	}
	said = append(said, lines...)

	for _, m := range []*mobile{tom, twin, jerry} {
		m.send("2")
		m.await("3")
	}
	last := lines[len(lines)-1]
	if got := jerry.hears("message", last); got.N != uint64(2*len(lines)+1) || got.From == nil || got.From.ID != tom.user {
		t.Errorf("jerry heard %+v", got)
	}
	tom.hears("message", last)
	twin.hears("message", last)
	twin.hears("yourself", last)
	checkTexts(t, jerry, "message", said)
	checkTexts(t, tom, "message", lines)
	checkTexts(t, twin, "message", lines)
	checkTexts(t, twin, "yourself", said)
	checkTexts(t, tom, "yourself", nil)

	tom.leave()
	again := openMobile(t, s, h, tom.user)
	jerry.says(again, "back, 回来")
	again.hears("message", "back, 回来")
}

func checkTexts(t *testing.T, m *mobile, event string, want []string) {
	t.Helper()
	if got := m.texts(event); !slices.Equal(got, want) {
		t.Errorf("%s: got %s %q, want %q", m.user, event, got, want)
	}
}
