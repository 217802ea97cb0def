package writeloop_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"

	"github.com/parley-im/parley/bench/writeloop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, strategy writeloop.Strategy) (base string) {
	t.Helper()
	s := writeloop.New(writeloop.Options{Strategy: strategy})
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close(); http.DefaultClient.CloseIdleConnections() })
	return h.URL
}

func call(t *testing.T, method, url, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(text))
}

// stream is a connection behind what came together with the answer to its upgrade.
type stream struct {
	io.Reader
	net.Conn
}

func (s stream) Read(b []byte) (int, error) { return s.Reader.Read(b) }

func logIn(t *testing.T, base, user string) net.Conn {
	t.Helper()
	q := url.Values{"auth": {`{"client":"` + user + `"}`}, "EIO": {"4"}, "transport": {"websocket"}}
	sock, early, _, err := ws.Dial(context.Background(), "ws"+strings.TrimPrefix(base, "http")+"/socket.io/?"+q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sock.Close() })
	if err := sock.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := stream{sock, sock}
	if early != nil {
		c.Reader = early
	}
	if got := hear(t, c); !strings.HasPrefix(got, `0{"sid"`) {
		t.Fatalf("got %s, want the open packet", got)
	}
	say(t, c, "40/chat,")
	if got, want := hear(t, c)+hear(t, c), `40/chat,{"sid":"bench"}42/chat,["login",{"success":true,"id":"`+user+`"}]`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	return c
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if err := wsutil.WriteClientText(c, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c net.Conn) string {
	t.Helper()
	text, err := wsutil.ReadServerText(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// roomID is that of the n-th room, as long as one of parley, for the sake of what is compared.
func roomID(n int) string { return fmt.Sprintf("%032x", n) }

func sayTo(room, body string) string {
	return `42/chat,["say",{"to":{"id":"` + room + `","type":2},"content":{"media":0,"body":"` + body + `"}}]`
}

func messageFrom(user, room, body string) string {
	return `42/chat,["message",{"from":{"id":"` + user + `","type":2,"gid":"` + room + `"},"to":{"id":"` + room +
		`","type":2},"content":{"media":0,"body":"` + body + `"},"ts":1479000000001}]`
}

// What a member says reaches every other member of the room and nobody else, as a message of the MaxIM protocol.
func TestServer_WritesToEveryOtherMember(t *testing.T) {
	for _, strategy := range []writeloop.Strategy{writeloop.WritePerFrame, writeloop.Coalesced} {
		t.Run(string(strategy), func(t *testing.T) { writesToEveryOther(t, start(t, strategy)) })
	}
}

func writesToEveryOther(t *testing.T, base string) {
	if got := call(t, http.MethodPost, base+"/rooms", `{"members":["tom","jerry"]}`); got != `200 "`+roomID(1)+`"` {
		t.Fatal(got)
	}
	if got := call(t, http.MethodPost, base+"/rooms", `{"members":["tom","spike"]}`); got != `200 "`+roomID(2)+`"` {
		t.Fatal(got)
	}
	if got := call(t, http.MethodPost, base+"/rooms/"+roomID(1)+"/members", `{"members":["butch"]}`); got != "201 " {
		t.Fatal(got)
	}
	tom, jerry, spike, butch := logIn(t, base, "tom"), logIn(t, base, "jerry"), logIn(t, base, "spike"), logIn(t, base, "butch")
	for _, body := range []string{"one", "two", "a longer one"} { // the frame is made anew when the size changes
		say(t, tom, sayTo(roomID(1), body))
		for _, c := range []net.Conn{jerry, butch} {
			if got, want := hear(t, c), messageFrom("tom", roomID(1), body); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	}
	say(t, tom, sayTo("nowhere", "lost"))
	say(t, tom, "42/chat,[]")
	say(t, jerry, sayTo(roomID(1), "hi tom"))
	for _, c := range []net.Conn{tom, butch} { // those of one speaker are in order, and not those of two
		if got, want := hear(t, c), messageFrom("jerry", roomID(1), "hi tom"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := call(t, http.MethodDelete, base+"/rooms/"+roomID(1)+"/members", `{"members":["jerry"]}`); got != "204 " {
		t.Fatal(got)
	}
	say(t, tom, sayTo(roomID(1), "jerry has left"))
	if got, want := hear(t, butch), messageFrom("tom", roomID(1), "jerry has left"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	say(t, tom, sayTo(roomID(2), "to spike"))
	if got, want := hear(t, spike), messageFrom("tom", roomID(2), "to spike"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestServer_AnswersWhatALoadGeneratorAsks(t *testing.T) {
	base := start(t, "")
	for request, want := range map[string]string{
		"GET /readyz": "200", "GET /metrics": "200 process_cpu_seconds_total ", "DELETE /rooms/room7": "204",
		"POST /rooms/room7/members": "404", "POST /rooms": "400", "GET /socket.io/": "400", "GET /": "404",
	} {
		method, path, _ := strings.Cut(request, " ")
		if got := call(t, method, base+path, ""); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
}
