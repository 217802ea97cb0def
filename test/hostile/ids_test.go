package hostile

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// foulIDs are ids that no user may have: 1-128 of [A-Za-z0-9_-] are (section 1).
var foulIDs = map[string]string{
	"129 characters":       strings.Repeat("x", 129),
	"100,000 characters":   strings.Repeat("x", 100_000),
	"a slash":              "tom/jerry",
	"a backslash":          `tom\jerry`,
	"one dot":              ".",
	"two dots":             "..",
	"a way out":            "../../etc/passwd",
	"NUL inside":           "tom\x00",
	"a line end":           "tom\r\nX-ML-AppId: x",
	"an escape":            "tom\x1b[2J",
	"DEL":                  "tom\x7f",
	"a blank":              "tom ",
	"a no-break space":     "tom\u00a0",
	"zero width":           "tom\u200b",
	"full-width":           "ｔｏｍ",
	"Cyrillic":             "tоm", // the second letter is U+043E
	"combining":            "to\u0308m",
	"composed":             "töm",
	"right to left":        "\u202emot",
	"an emoji":             "😀",
	"a percent sign":       "%74om",
	"a query":              "tom?detail",
	"a comma":              "tom,jerry",
	"a colon":              "app:tom",
	"quotes":               `tom","id":"eve`,
	"a format":             "%s%n",
	"a template":           "${jndi:x}",
	"a script":             "<script>",
	"overlong UTF-8 of /":  "tom\xc0\xafjerry",
	"half a surrogate":     "tom\xed\xa0\x80",
	"nothing but a dollar": "$",
}

// Such an id is refused wherever a client may name somebody: with 5001 as itself, as the target, in a body, and in a
// path, where no group or room is of that name (5004). Fails when ids may be longer by one, or beyond ASCII.
func TestIDs_FoulOnesAreRefusedEverywhere(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for name, id := range foulIDs {
		text, err := json.Marshal(id)
		s.must(err)
		t.Run(name+" logs in", func(t *testing.T) {
			c := s.open(t, 3, strings.Replace(credentials("NAME"), `"NAME"`, string(text), 1))
			c.Send("40/chat")
			c.Want("40/chat,")
			wantRefusal(t, c, 5001)
		})
		t.Run(name+" is spoken to", func(t *testing.T) {
			c := s.enter(t, "eve")
			for _, kind := range []string{"0", "1", "2"} {
				c.Send(`42/chat,7["say",{"to":{"id":` + string(text) + `,"type":` + kind + `},"content":{"body":"x"}}]`)
				c.Want(`43/chat,7[{"success":false,"error":5001}]`)
			}
		})
		t.Run(name+" in bodies", func(t *testing.T) {
			s.wantAnswer(t, request("POST", "/groups", `{"owner":`+string(text)+`}`), 400, 5001)
			s.wantAnswer(t, request("POST", "/rooms", `{"members":["jerry",`+string(text)+`]}`), 400, 5001)
			if id != "" { // an empty one asks for one to be drawn
				s.wantAnswer(t, request("POST", "/passengers", `{"id":`+string(text)+`}`), 400, 5001)
			}
		})
		if len(id) > 1000 {
			continue // no path is that long
		}
		t.Run(name+" in paths", func(t *testing.T) {
			escaped := url.PathEscape(id)
			s.wantAnswer(t, request("GET", "/ctx/"+escaped, ""), 400, 5001)
			s.wantAnswer(t, request("POST", "/ctx/tom/friends/"+escaped, ""), 400, 5001)
			s.wantAnswer(t, request("DELETE", "/ctx/tom/installs/"+escaped, ""), 400, 5001)
			s.wantAnswer(t, request("GET", "/ctx/tom/strangers/"+escaped+"/chats", ""), 400, 5001)
			s.wantAnswer(t, request("PUT", "/ctx/"+escaped+"/attributes", "{}"), 400, 5001)
			s.wantAnswer(t, request("GET", "/passengers/"+escaped, ""), 400, 5001)
			s.wantAnswer(t, request("GET", "/passengers/p/chats/"+escaped, ""), 400, 5001)
			s.wantAnswer(t, request("POST", "/system/"+escaped, `{"content":{"body":1}}`), 400, 5001)
			s.wantAnswer(t, request("POST", "/system/"+escaped+"?group", `{"content":{"body":1}}`), 404, 5004)
			s.wantAnswer(t, request("GET", "/groups/"+escaped, ""), 404, 5004)
			s.wantAnswer(t, request("POST", "/rooms/"+escaped+"/members/tom", ""), 404, 5004)
		})
	}
	if got := s.Client().Expect("GET", "/ctx/tom/friends", 200); got != `["jerry"]` {
		t.Errorf("tom's friends are %s", got)
	}
}

// Escapes are undone once, and only after the path was cut at its slashes (section 6.1). What is no escape is no request.
func TestIDs_PathsAreDecodedOnce(t *testing.T) {
	t.Parallel()
	s := lay(t)
	for target, want := range map[string]struct{ status, code int }{
		"/ctx/%74%6F%6d":                     {200, 0},
		"/%63tx/tom/":                        {200, 0},
		"/ctx/%2574om":                       {400, 5001},
		"/ctx%2Ftom":                         {404, 5004},
		"/ctx/tom%2Ffriends":                 {400, 5001},
		"/ctx/tom%00":                        {400, 5001},
		"/ctx/tom%c0%af":                     {400, 5001},
		"/ctx/tom/../jerry":                  {404, 5004},
		"/ctx/./tom":                         {404, 5004},
		"/ctx//tom":                          {404, 5004},
		"//ctx/tom":                          {404, 5004},
		"/ctx/tom//":                         {404, 5004},
		"/ctx/tom;x=y":                       {400, 5001},
		"/ctx/":                              {200, 0},    // all users
		"/ctx/" + strings.Repeat("%41", 128): {404, 5004}, // well-formed, and nobody
		"/ctx/" + strings.Repeat("%41", 129): {400, 5001},
		"/ctx/" + strings.Repeat("a", 5000):  {400, 5010},
		"/" + strings.Repeat("a/", 2000):     {404, 5004},
		"/ctx/%u0074om":                      {400, 0},
		"/ctx/%7":                            {400, 0},
		"/ctx/to\x01m":                       {400, 0},
		"ctx/tom":                            {400, 0},
	} {
		t.Run(target[:min(len(target), 40)], func(t *testing.T) {
			s.wantAnswer(t, request("GET", target, ""), want.status, want.code)
		})
	}
}
