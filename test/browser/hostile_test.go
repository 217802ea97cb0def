package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// override turns what follows it from right to left, wherever text stands outside of an element of its own.
const override = "\u202e"

// titles are names of groups and rooms; ids of users have no such characters (docs/protocol.md 1).
var titles = []string{
	`<img src=x onerror="hacked=1">`,
	override + "nwod edispu" + override,
	`"><script>hacked=1</script>`,
	"a title without a space" + strings.Repeat("e", 150),
}

// texts are said in the first of them.
var texts = []string{
	`<img src=x onerror="hacked=1">`,
	`<script>hacked=1</script><iframe src="javascript:parent.hacked=1"></iframe>`,
	`</bdi></div><style>*{display:none}</style><a href="javascript:hacked=1">here</a>`,
	"&lt;b&gt; &amp; \u0000-less \\u003cb\\u003e {{hacked=1}} ${hacked=1} '\";--",
	"[click](javascript:hacked=1) javascript:hacked=1 data:text/html,<script>hacked=1</script>",
	"and then " + override + "drawkcab si siht",
	"שלום " + "\u2066\u2067\u2068" + " not closed " + override + override,
	"Z" + strings.Repeat("\u0340\u0301\u0327", 60) + " stacked up",
	"many\n\n\nlines" + strings.Repeat("\n.", 20),
	"👨‍👩‍👧‍👦 🏳️‍🌈 " + "\ufeff\u200b\u00ad" + " nothing between",
	strings.Repeat("WWWWWWWWWWWWWWWW", 64<<10/16),
}

// media are bodies of pictures, sounds and films that are not this server's.
var media = []string{
	"javascript:hacked=1",
	"JaVaScRiPt:hacked=1//",
	"data:image/svg+xml,<svg onload='hacked=1'/>",
	"https://elsewhere.example/tracker.png",
	"//elsewhere.example/tracker.png",
	"http://127.0.0.1:9/attachment/tracker.png",
	"/ctx/tom",
	"blob:https://elsewhere.example/0",
	"",
}

// What is hostile is a text: names and messages with markup, with directions that are turned and not turned back, of 64 KiB in one line,
// and addresses that are scripts or other servers', which no page asks for anything.
//
// Checked by breaking it: texts as innerHTML, addresses that are believed, texts that are not cut, and names that are taken for texts each
// fail it.
func TestPage_ShowsHostileContentAsText(t *testing.T) {
	t.Parallel()
	node := servertest.Start(t)
	evil := speaker(t, node, "evil")
	var group string
	for i, title := range titles {
		id := found(t, node, []string{"/groups", "/rooms"}[i%2], map[string]any{"owner": "evil", "name": title, "members": []string{"tom"}})
		if i == 0 {
			group = id
		}
	}
	// A name is an attribute, and those may be anything.
	for i, name := range []any{5, []any{"x"}, map[string]any{"toString": nil}, true} {
		path := []string{"/groups", "/rooms"}[i%2]
		id := found(t, node, path, map[string]any{"owner": "evil", "name": "a text", "members": []string{"tom"}})
		if status, answer, err := rest(node).Send(t.Context(), http.MethodPost, path+"/"+id+"/attributes", map[string]any{"name": name}); err != nil || status >= 300 {
			t.Fatalf("a name that is %v: %d %s, %v", name, status, answer, err)
		}
	}
	var said []client.Message
	to := client.To{ID: group, Type: client.Group}
	for i, text := range texts {
		said = append(said, client.TextTo(to, text))
		if i < len(media) {
			said = append(said, client.Message{To: to, Content: client.Content{Media: i%3 + 1, Body: []any{media[i], media[i]}}})
		}
	}
	if err := rest(node).Befriend(t.Context(), "evil", "tom"); err != nil {
		t.Fatal(err)
	}
	long := texts[len(texts)-1]
	if err := say(evil, append(said, client.Text("tom", long))...); err != nil {
		t.Fatal(err)
	}

	s := begin(t, node, "hostile")
	s.Do("reads", titles, texts, media)
	s.Do("whole", "evil", long)
	s.ends()
}

// What is said in a room again, because its answer was lost, is shown once: rooms, which store nothing, do not know it again.
//
// Checked by breaking it: without isAgain it is there twice.
func TestPage_ShowsARepeatOnce(t *testing.T) {
	t.Parallel()
	node := servertest.Start(t)
	ann := speaker(t, node, "ann")
	room := client.To{ID: found(t, node, "/rooms", map[string]any{"name": "Lobby", "members": []string{"ann", "tom"}}), Type: client.Room}
	s := begin(t, node, "room")
	s.Do("listens", "Lobby")
	once := client.TextTo(room, "once")
	once.ID = "the-same"
	if err := say(ann, once, once, client.TextTo(room, "and then")); err != nil {
		t.Fatal(err)
	}
	s.Do("heard", []string{"once", "and then"})
	s.ends()
}

// found makes a group or room, and returns its id.
func found(t *testing.T, s *servertest.Node, path string, body map[string]any) string {
	t.Helper()
	status, answer, err := rest(s).Send(t.Context(), http.MethodPost, path, body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("POST %s: %d %s, %v", path, status, answer, err)
	}
	return strings.Trim(string(answer), `"`)
}
