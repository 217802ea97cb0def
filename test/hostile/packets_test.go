package hostile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/transport/ws/wstest"
)

// reserved are the names of events that Socket.IO keeps for itself, and those of the server.
var reserved = []string{
	"connect", "connect_error", "connection", "disconnect", "disconnecting", "error", "reconnect", "newListener",
	"removeListener", "ping", "pong", "login", "message", "yourself", "ack", "online", "offline", "sys", "", "__proto__",
	"constructor", "toString", "SAY", " say", "say\\u0000",
}

// Packets that mean nothing are ignored, and the session stays (sections 3.3 and 3.8).
func TestPackets_NonsenseIsIgnored(t *testing.T) {
	t.Parallel()
	s := lay(t)
	packets := []string{
		"", "0", "0{}", "3", "3x", "5", "6", "7", "9", "x", "b4AAAA", "\x00", "\u202e", "4", "47", "4x", "4-", "4/", "4/chat",
		"42", "42/", "42/chat", "42/chat,", "42/chat,,", "42/chat,[]", `42/chat["say",{}]`, `42chat,["say",{}]`, `42//chat,["say",{}]`,
		`42/CHAT,["say",{}]`, `42/chat/,["say",{}]`, `42/chat,-1["say",{}]`, `42/chat,1.5["say",{}]`, `42/chat,0x1["say",{}]`,
		"43/chat,", "43/chat,1", "43/chat,1[]", "43/chat,18446744073709551615[]", "44", "44/chat", `44/chat,{"message":"x"}`,
		`451-/chat,["say",{"_placeholder":true,"num":0}]`, `450-/chat,["say",{}]`, `45-/chat,["say",{}]`, `45-1-/chat,["say",{}]`,
		`4599999999999999999999-/chat,["say",{}]`, `45/chat,["say",{}]`, "461-/chat,7[]", `421-/chat,["say",{}]`, "45", "46",
		"41", "41/other", "41/other,", "40", "40/", "40,", "40{}", "40/chat", "40/chat,{}", "40/chat?x=y,", strings.Repeat("4", 500_000),
	}
	for _, name := range reserved {
		packets = append(packets, `42/chat,["`+name+`",{}]`, `42/chat,7["`+name+`","x"]`, `42["`+name+`"]`)
	}
	c := s.enter(t, "eve")
	for _, p := range packets {
		c.Send(p)
		alive(t, c)
		c.Raw(wstest.Frame(0x80|wstest.Binary, true, []byte("\x04attachment")))
	}
	alive(t, c)
}

// What is said before the CONNECT, after the DISCONNECT and where nobody is connected is not heard (section 3.8).
func TestPackets_EventsOutsideAreIgnored(t *testing.T) {
	t.Parallel()
	s := lay(t)
	s.befriend("eve", "adam")
	for _, revision := range []int{3, 4} {
		c := s.open(t, revision, credentials("eve"))
		say := `,7["say",{"to":{"id":"adam"},"content":{"body":"unheard"}}]`
		for range 1000 {
			c.Send("42/chat" + say)
			c.Send("42/other" + say)
			c.Send("42" + say[1:])
			c.Send("41/chat")
		}
		c.Send("40/chat")
		if got := c.Text(); !strings.HasPrefix(got, "40/chat,") {
			t.Fatalf("got %s", got)
		}
		c.Want(`42/chat,["login",{"success":true,"id":"eve"}]`)
		c.Send("41/chat")
		c.Send("42/chat" + say)
		c.Send("40/nowhere")
		if got := c.Text(); !strings.HasPrefix(got, "44/nowhere,") {
			t.Errorf("got %s, want nothing but a refusal", got)
		}
	}
	if _, body := s.get(t, "/ctx/eve/friends/adam/chats"); body != "[]" {
		t.Errorf("was heard: %s", body)
	}
}

// many is more than any client needs of anything.
const many = 10_000

// flood sends all packets at once while the test goes on, and fails the test when it cannot.
func flood(t *testing.T, c *wstest.Client, packets ...string) {
	var raw strings.Builder
	for _, p := range packets {
		raw.WriteString(masked(fin|wstest.Text, p))
	}
	done := make(chan error, 1)
	go func() {
		_, err := c.Conn.Write([]byte(raw.String()))
		done <- err
	}()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func times(n int, packets ...string) (all []string) {
	for range n {
		all = append(all, packets...)
	}
	return all
}

// Ten thousand CONNECTs to /chat are one login, to the root nothing, to what does not exist as many refusals
// (section 3.8).
func TestPackets_TenThousandConnects(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for _, revision := range []int{3, 4} {
		t.Run(fmt.Sprint("to /chat, revision ", revision), func(t *testing.T) {
			c := s.open(t, revision, credentials("eve"))
			flood(t, c, times(many, "40/chat")...)
			if got := c.Text(); !strings.HasPrefix(got, "40/chat,") {
				t.Errorf("got %s", got)
			}
			c.Want(`42/chat,["login",{"success":true,"id":"eve"}]`)
			c.Send("40/end")
			if got := until(c, "44/end,"); len(got) != 0 {
				t.Errorf("got %d answers more: %.200q", len(got), got)
			}
		})
		t.Run(fmt.Sprint("to the root, revision ", revision), func(t *testing.T) {
			c := s.open(t, revision, "")
			flood(t, c, append(times(many, "40", "40/", "40{}"), "40/end")...)
			if got := until(c, "44/end,"); len(got) != revision-3 {
				t.Errorf("got %d answers: %.200q", len(got), got)
			}
		})
		t.Run(fmt.Sprint("to nowhere, revision ", revision), func(t *testing.T) {
			c := s.open(t, revision, "")
			flood(t, c, append(times(many, "40/nowhere"), "40/end")...)
			if got := until(c, "44/end,"); len(got) != many {
				t.Errorf("got %d answers, want %d", len(got), many)
			}
		})
	}
}

// until reads packets up to the one with that beginning, and returns those before it.
func until(c *wstest.Client, last string) (packets []string) {
	for p := c.Text(); p != "" && !strings.HasPrefix(p, last); p = c.Text() {
		packets = append(packets, p)
	}
	return packets
}

// Who comes and goes ten thousand times in one session is there once in the end.
func TestPackets_ComingAndGoing(t *testing.T) {
	t.Parallel()
	s := lay(t)
	c := s.open(t, 3, credentials("eve"))
	flood(t, c, append(times(many, "40/chat", "41/chat"), "40/chat", "40/end")...)
	answers := until(c, "44/end,")
	servertest.Eventually(t, "eve is there once", func() bool {
		_, body := s.get(t, "/ctx/eve")
		return strings.Contains(body, `"sessions":1,`)
	})
	c.Send("2alive")
	for _, got := range append(answers, until(c, "3alive")...) {
		if got != "40/chat," && got != `42/chat,["login",{"success":true,"id":"eve"}]` {
			t.Errorf("got %s", got)
		}
	}
}

// A namespace is said back when it is refused, up to 256 bytes; longer ones are ignored.
func TestPackets_HugeNamespaces(t *testing.T) {
	t.Parallel()
	s := lay(t)
	c := s.enter(t, "eve")
	longest := "/" + strings.Repeat("n", 255)
	for _, p := range []string{"0", "1", "2", "3", "4"} {
		c.Send("4" + p + "/" + strings.Repeat("n", 900_000))
		c.Send("4" + p + longest + `n,["say",{}]`)
		alive(t, c)
	}
	c.Send("40" + longest)
	c.Want("44" + longest + `,"Invalid namespace"`)
}

// An ack id of at most 64 bits is said back; a packet with a larger one is ignored.
func TestPackets_HugeAckIDs(t *testing.T) {
	t.Parallel()
	s := lay(t)
	c := s.enter(t, "eve")
	for _, id := range []string{"18446744073709551616", "99999999999999999999", strings.Repeat("9", 500_000), strings.Repeat("0", 21)} {
		c.Send("42/chat," + id + `["say",{}]`)
		alive(t, c)
	}
	for _, id := range []string{"0", "9007199254740993", "18446744073709551615"} {
		c.Send("42/chat," + id + `["say",{}]`)
		c.Want("43/chat," + id + `[{"success":false,"error":5001}]`)
	}
}
