package client

import "testing"

// The packets of docs/protocol.md 3.8 and 11 are read and written as drawn there.
func TestPacket_ReadsWhatTheProtocolDraws(t *testing.T) {
	for _, c := range []struct {
		text string
		kind byte
		ack  int
		args int
		ok   bool
	}{
		{`0/chat,`, '0', -1, 0, true},
		{`0/chat,{"sid":"x"}`, '0', -1, 0, true},
		{`1/chat,`, '1', -1, 0, true},
		{`1/chat`, '1', -1, 0, true},
		{`2/chat,["login",{"success":true,"id":"tom"}]`, '2', -1, 2, true},
		{`3/chat,7[{"success":true,"ts":1}]`, '3', 7, 1, true},
		{`0`, 0, 0, 0, false},
	} {
		p, ok, err := decodePacket(c.text)
		if err != nil || ok != c.ok {
			t.Errorf("%s: got ok %v, err %v, want ok %v", c.text, ok, err, c.ok)
			continue
		}
		if ok && (p.kind != c.kind || p.ack != c.ack || len(p.args) != c.args) {
			t.Errorf("%s: got %+v, want %+v", c.text, p, c)
		}
	}
}

func TestPacket_WritesSay(t *testing.T) {
	got, err := encodeSay(Text("jerry", "hi"), 3)
	want := `42/chat,3["say",{"to":{"id":"jerry","type":0},"content":{"media":0,"body":"hi"}}]`
	if err != nil || string(got) != want {
		t.Fatalf("got %s (%v), want %s", got, err, want)
	}
}

// The signature is lower-case hex MD5 of milliseconds and key, a comma, and the milliseconds (section 2). The digest
// was made with md5sum.
func TestSign_IsTheDocumentedDigest(t *testing.T) {
	got, want := Sign("key", 1479000000001), "c07935c4b2b150a3c7068970f4a45b20,1479000000001"
	if got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}
