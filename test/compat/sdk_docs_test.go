package compat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/puppet"
)

// The snippets of docs/sdk.md run, one after the other in one script, with the addresses, the app and its key exchanged.
//
// Checked by breaking it: a call of a function that there is not, in any of them, ends the script before its last line.
func TestOwnSDK_SnippetsOfItsDocumentRun(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	signer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, client.SignNow(servertest.ClientKey)) // the client is gone
	}))
	t.Cleanup(signer.Close)
	text := "import * as ML from '../../../sdk/js/dist/index.js';\n" + strings.Join(snippets(t), "\n") + "\nconsole.log('all of it ran');\n"
	text = strings.NewReplacer("https://app.example.org/sign", signer.URL, "http://127.0.0.1:8080", s.URL(),
		"'demo'", "'"+servertest.App+"'", "'client-key'", "'"+servertest.ClientKey+"'").Replace(text)
	path := filepath.Join("node_modules", ".sdk-snippets.mjs")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(path) }) //nolint:errcheck // a left-over snippet is no failure

	jerry := login(t, s, maxleap, "jerry")
	p := puppet.Start(t, s, "docs/sdk.md", path)
	prints := func(text string) {
		t.Helper()
		p.Await("noise", func(raw json.RawMessage) bool {
			var line string
			if json.Unmarshal(raw, &line) == nil && strings.Contains(line, text) {
				return true
			}
			if len(p.Heard("exit")) > 0 {
				t.Fatalf("the snippets ended before they printed %q\n%s", text, p.Trouble())
			}
			return false
		})
	}
	for _, text := range []string{"logged in as tom", "5004 false", "all of it ran"} {
		prints(text)
	}
	jerry.hears("message", "hello")
	jerry.befriend("tom")
	jerry.say("tom", "hello, tom")
	prints("jerry 0 hello, tom")
}

// docs/sdk.md has a snippet for every call of the SDK, which the test above runs.
//
// Checked by breaking it: a method more in client.ts is missed.
func TestOwnSDK_DocumentHasEveryCall(t *testing.T) {
	t.Parallel()
	text := strings.Join(snippets(t), "\n")
	for _, file := range []string{"client.ts", "composer.ts"} {
		for _, name := range methods(t, file) {
			if !regexp.MustCompile(`\.` + name + `\b`).MatchString(text) {
				t.Errorf("docs/sdk.md has no snippet with %s of %s", name, file)
			}
		}
	}
}

// snippets are the JavaScript blocks of docs/sdk.md.
func snippets(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/sdk.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```js\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, block[1])
	}
	if len(all) < 8 {
		t.Fatalf("docs/sdk.md has %d JavaScript blocks", len(all))
	}
	return all
}

// methods are the public methods and accessors of the classes in a file of sdk/js/src, sorted.
func methods(t *testing.T, file string) (names []string) {
	t.Helper()
	text, err := os.ReadFile("../../sdk/js/src/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^  (?:get )?(\w+)(?:<[^(]*>)?\((?:.*[^;\n])?$`).FindAllStringSubmatch(string(text), -1) {
		if m[1] != "constructor" {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) < 5 {
		t.Fatalf("%s has the methods %q", file, names)
	}
	return names
}
