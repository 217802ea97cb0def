package hostile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-im/parley/transport/ws/wstest"
)

// text64K are 64 Ki characters each, on the wire 64 to 384 KiB.
var text64K = map[string]string{
	"ASCII":   strings.Repeat("x", 64<<10),
	"CJK":     strings.Repeat("汤", 64<<10),
	"emoji":   strings.Repeat("😀", 64<<10),
	"escapes": strings.Repeat(`\u6c64`, 64<<10),
	"quotes":  strings.Repeat(`\"`, 64<<10),
}

// 64 Ki characters of text pass, whatever they are, in a message that is an object as in one that is the text of one;
// friends hear them and read them back (section 5.3).
func TestSay_64KiBOfTextPass(t *testing.T) {
	t.Parallel()
	s := lay(t)
	s.befriend("eve", "adam")
	for name, text := range text64K {
		t.Run(name, func(t *testing.T) {
			eve, adam := s.enter(t, "eve"), s.enter(t, "adam")
			object := `{"to":{"id":"adam"},"content":{"body":"` + text + `"}}`
			inText, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			for _, message := range []string{object, string(inText)} {
				eve.Send(`42/chat,["say",` + message + `]`)
				hear(t, adam, `"body":"`+text+`"`)
			}
			if _, body := s.get(t, "/ctx/adam/friends/eve/chats?limit=1"); !strings.Contains(body, `"body":"`+text+`"`) {
				t.Errorf("history has %.100s", body)
			}
		})
	}
}

// hear fails the test unless the next message holds that text. News of friends may come before it.
func hear(t *testing.T, c *wstest.Client, text string) {
	t.Helper()
	got := skipNews(c)
	if !strings.HasPrefix(got, `42/chat,["message",`) || !strings.Contains(got, text) {
		t.Fatalf("got %.100s (%d bytes), want %.100s (%d bytes) in a message", got, len(got), text, len(text))
	}
}

// padded is a say of so many bytes, Engine.IO type included.
func padded(to string, size int) string {
	head, tail := `42/chat,7["say",{"to":{"id":"`+to+`"},"content":{"body":"`, `"}}]`
	return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
}

// A packet of 1,000,000 bytes is the largest that is taken. One more, and the connection is closed with 1009; who was
// spoken to does not notice.
func TestSay_OverOneMegabyteIsClosed(t *testing.T) {
	t.Parallel()
	s := lay(t)
	s.befriend("eve", "adam")
	adam := s.enter(t, "adam")
	for i := range 5 {
		t.Run(fmt.Sprint("eve ", i), func(t *testing.T) {
			eve := s.enter(t, "eve")
			eve.Send(padded("adam", 1_000_000))
			if got := skipNews(eve); !strings.HasPrefix(got, `43/chat,7[{"success":true,`) {
				t.Fatalf("the largest message was answered by %.100s", got)
			}
			hear(t, adam, "xxxx")
			eve.Send(padded("adam", 1_000_001))
			eve.WantClose(tooBig)
		})
	}
	adam.Send("2alive")
	if got := skipNews(adam); got != "3alive" {
		t.Errorf("got %.100s, want adam's session to be alive", got)
	}
}
