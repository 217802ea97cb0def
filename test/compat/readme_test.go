package compat

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/puppet"
)

// What README.md shows must work when it is pasted: its snippets run here, with only the server's address, the app and
// the package names exchanged.
func TestREADME_SnippetsWork(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	if err := rest(s).Befriend(t.Context(), "tom", "jerry"); err != nil {
		t.Fatal(err)
	}
	text := readme(t)
	tour, sdk, inRoom := text.snippets[0], text.snippets[1], text.snippets[2]

	p := puppet.Start(t, s, "README's first snippet", script(t, s, "tour.mjs", tour))
	p.Await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "stored") })
	p.Await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "你好 😀") })
	p.Await("exit", nil)

	jerry := login(t, s, maxleap, "jerry")
	p = puppet.Start(t, s, "README's second snippet", "--require", "./clients/redirect.js", script(t, s, "sdk.cjs", sdk))
	jerry.hears("message", "hello") // which the snippet says once it is logged in
	p.Await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "你好 😀") })
	jerry.say("tom", "hello, README")
	p.Await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "jerry hello, README") })

	room := s.Client().Do(http.MethodPost, "/rooms", text.room).Body
	inRoom = strings.Replace(tour, "process.exit();", "const room = "+room+";\n"+inRoom, 1)
	puppet.Start(t, s, "README's third snippet", script(t, s, "room.mjs", inRoom))
	jerry.hears("message", "ready?")
}

// shown is what README.md shows: its JavaScript blocks, and the body of the call that makes a room.
type shown struct {
	snippets []string
	room     string
}

func readme(t *testing.T) (s shown) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```js\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		s.snippets = append(s.snippets, block[1])
	}
	call := regexp.MustCompile(`/rooms .* -d '(.*)'`).FindStringSubmatch(string(text))
	if len(s.snippets) != 3 || call == nil {
		t.Fatalf("README.md has %d JavaScript blocks, want 3, and makes a room by %q", len(s.snippets), call)
	}
	s.room = call[1]
	return s
}

// script writes a snippet beside the installed packages and returns its path.
func script(t *testing.T, s *servertest.Node, name, text string) string {
	t.Helper()
	text = strings.NewReplacer("http://127.0.0.1:8080", s.URL(), "'demo'", "'"+servertest.App+"'",
		"'client-key'", "'"+servertest.ClientKey+"'", "from 'socket.io-client'", "from 'socket.io-client-4'").Replace(text)
	path := filepath.Join("node_modules", ".readme-"+name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(path) }) //nolint:errcheck // a left-over snippet is no failure
	return path
}
