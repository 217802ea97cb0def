package compat

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// browser is a Chromium that runs pages of another origin than the server's.
type browser struct {
	// endpoint is where puppets reach it, pages the URL of clients/ and node_modules/.
	endpoint, pages string
}

// startBrowser starts one. To it im.maxleap.cn and im.maxleap.com are s.
func startBrowser(t *testing.T, s *servertest.Node) browser {
	t.Helper()
	path, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	p := &session{puppet: startPuppet(t, s, "Chromium", "clients/chromium.js", path)}
	t.Cleanup(func() { p.do("close") })
	var b browser
	p.decode(p.do("endpoint"), &b.endpoint)
	files := http.NewServeMux()
	for _, dir := range []string{"clients", "node_modules"} {
		files.Handle("/"+dir+"/", http.StripPrefix("/"+dir, http.FileServer(http.Dir(dir))))
	}
	pages := httptest.NewServer(files)
	t.Cleanup(pages.Close)
	b.pages = pages.URL
	return b
}

// chromium returns the path of the browser, which it installs where there is none.
var chromium = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("../../internal/devtools/chromium.sh").Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("chromium.sh: %w\n%s", err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
})

// inPage is a bare client in a page of b.
func inPage(b browser, r release, w way) kind {
	args := []string{"clients/browser.js", b.endpoint, b.pages, r.pkg + "/" + r.bundle, w.option}
	return kind{"socket.io-client " + r.number + " in a page by " + w.name, args, "login", false, w.end}
}

// The bundles that pages load, which poll by XMLHttpRequest and are of another origin than the server: what they hear
// stands in the page. By WebSocket alone pages do what Node does; the demo of the SDK, as it comes from the registry, is
// one such page. Checked by breaking it: no Access-Control-Allow-Credentials (1.x and 2.x do not log in), a wrong answer to the
// probe (nobody gets to a WebSocket).
func TestBrowser_PagesOfAnotherOriginTalk(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	b := startBrowser(t, s)
	for i, r := range releases {
		if r.bundle == "" {
			continue
		}
		for j, w := range []way{byPolling, byUpgrade} {
			k := inPage(b, r, w)
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				meet(t, s, k, fmt.Sprintf("-%d-%d", i, j))
			})
		}
	}
	t.Run("the demo of maxleap-im 3.0.17", func(t *testing.T) {
		t.Parallel()
		demo(t, s, b)
	})
}

// demo lets two users log in on the demo's page, make friends and talk, by its fields and buttons. PARLEY_SCREENSHOT names a
// directory for pictures of it.
func demo(t *testing.T, s *servertest.Node, b browser) {
	t.Helper()
	var users [2]*session
	names := [2]string{"tom", "jerry"}
	for i, name := range names {
		p := &session{puppet: startPuppet(t, s, "the demo as "+name, "clients/demo.js", b.endpoint, b.pages), user: name}
		p.do("login", servertest.App, servertest.ClientKey, name)
		p.await("websocket", nil)
		users[i] = p
	}
	for i, p := range users {
		p.do("addFriend", names[1-i])
		p.do("choose", names[1-i])
	}
	var want [2][]string
	for n, line := range lines {
		if strings.ContainsAny(line, "\n\t") {
			continue // an input field takes neither
		}
		speaker, hearer := users[n%2], users[1-n%2]
		speaker.do("say", line)
		want[n%2] = append(want[n%2], "You Say: "+line)
		want[1-n%2] = append(want[1-n%2], speaker.user+" Say: "+line)
		speaker.do("shows", line)
		hearer.do("shows", line)
	}
	for i, p := range users {
		var shown []string
		if p.decode(p.do("shows", ""), &shown); !slices.Equal(shown, want[i]) {
			t.Errorf("%s sees %q, want %q", p.user, shown, want[i])
		}
		if dir := os.Getenv("PARLEY_SCREENSHOT"); dir != "" {
			p.do("screenshot", dir+"/demo-"+p.user+".png")
		}
		if errs := p.heard("pageerror"); len(errs) > 0 {
			t.Errorf("%s: the page complains: %s", p.user, errs[0].Arg)
		}
	}
}
