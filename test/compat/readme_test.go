package compat

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// What README.md shows must work when it is pasted: its two snippets run here, with only the server's address, the
// app and the package names exchanged.
func TestREADME_SnippetsWork(t *testing.T) {
	s := servertest.Start(t)
	if err := rest(s).Befriend(t.Context(), "tom", "jerry"); err != nil {
		t.Fatal(err)
	}
	bare, sdk := snippets(t)

	p := startPuppet(t, s, "README's first snippet", script(t, s, "tour.mjs", bare))
	p.await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "stored") })
	p.await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "你好 😀") })
	p.await("exit", nil)

	jerry := login(t, s, maxleap, "jerry")
	p = startPuppet(t, s, "README's second snippet", "--require", "./clients/redirect.js", script(t, s, "sdk.cjs", sdk))
	jerry.hears("message", "hello") // which the snippet says once it is logged in
	p.await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "你好 😀") })
	jerry.say("tom", "hello, README")
	p.await("noise", func(raw json.RawMessage) bool { return strings.Contains(string(raw), "jerry hello, README") })
}

// snippets returns the two JavaScript blocks of README.md.
func snippets(t *testing.T) (bare, sdk string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```js\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 2 {
		t.Fatalf("README.md has %d JavaScript blocks, want 2", len(blocks))
	}
	return blocks[0][1], blocks[1][1]
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
