package hostile

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parley-im/parley/transport/ws/wstest"
)

// malformedLogins are login JSONs that say nobody, and the code that refuses them (section 4).
var malformedLogins = map[string]struct {
	auth string
	code int
}{
	"cut off":              {`{"app":"`, 5001},
	"null":                 {`null`, 5001},
	"an array":             {`[{}]`, 5001},
	"text":                 {`"{}"`, 5001},
	"empty object":         {`{}`, 5001},
	"not UTF-8":            {"{\"client\":\"\xff\"}", 5001},
	"NUL":                  {"\x00", 5001},
	"nobody by a number":   {`{"app":"x","client":7}`, 5001},
	"nobody by an object":  {`{"app":"x","client":{"id":"tom"}}`, 5001},
	"nobody by the last":   {`{"app":"x","client":"tom","client":""}`, 5001},
	"app by a number":      {`{"app":7,"client":"tom","sign":"x"}`, 5003},
	"app with a path":      {`{"app":"../x","client":"tom","sign":"x"}`, 5003},
	"sign by an array":     {`{"app":"x","client":"tom","sign":["x"]}`, 5003},
	"10,000 deep":          {`{"client":` + deep(10_000) + `}`, 5001},
	"10,000 deep, unread":  {`{"client":"tom","more":` + deep(10_000) + `}`, 5001},
	"opened 20,000 times":  {strings.Repeat(`[`, 20_000), 5001},
	"more than 64 KiB":     {`{"client":"tom","more":"` + strings.Repeat("x", 64<<10) + `"}`, 5001},
	"passenger of 10,000":  {`{"passenger":` + strings.Repeat(`{"a":`, 10_000), 5001},
	"install is malformed": {`{"app":"x","client":"tom","install":"../x"}`, 5001},
}

// A login that makes no sense is refused as any other, in the query and in the CONNECT (sections 3.7 and 4): by the event
// and the DISCONNECT.
func TestLogin_MalformedIsRefused(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, l := range malformedLogins {
		t.Run(name, func(t *testing.T) {
			c := s.open(t, 3, l.auth)
			c.Send("40/chat")
			c.Want("40/chat,")
			wantRefusal(t, c, l.code)
		})
		t.Run(name+", in the CONNECT", func(t *testing.T) {
			if !utf8.ValidString(l.auth) {
				return // the WebSocket is closed for that
			}
			c := s.open(t, 4, "")
			c.Send("40/chat," + l.auth)
			if got := c.Text(); !strings.HasPrefix(got, `40/chat,{"sid":`) {
				t.Fatalf("got %s", got)
			}
			wantRefusal(t, c, l.code)
		})
	}
}

func wantRefusal(t *testing.T, c *wstest.Client, code int) {
	t.Helper()
	c.Want(fmt.Sprintf(`42/chat,["login",{"success":false,"error":%d}]`, code), "41/chat,")
}

// A login that is too long is not kept by a session that does not log in. Fails when the session holds on to the request.
func TestLogin_LongOnesAreNotKept(t *testing.T) {
	t.Parallel()
	s := lay(t)
	long := `{"more":"` + strings.Repeat("x", 200_000) + `"}`
	for range 400 {
		s.open(t, 3, long)
	}
	if now := s.vitals(); now.heapMiB > s.before.heapMiB+60 {
		t.Errorf("before %+v, now %+v", s.before, now)
	}
}
