package compat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/puppet"
)

// browser is a Chromium that runs pages of another origin than the server's.
type browser struct {
	// endpoint is where puppets reach it, pages the URL of clients/ and node_modules/.
	endpoint, pages string
}

// startBrowser starts one. To it im.maxleap.cn and im.maxleap.com are s.
func startBrowser(t *testing.T, s *servertest.Node) browser {
	t.Helper()
	path, err := puppet.Chromium()
	if err != nil {
		t.Fatal(err)
	}
	p := &session{Puppet: puppet.Start(t, s, "Chromium", "clients/chromium.js", path)}
	t.Cleanup(func() { p.Do("close") })
	b := browser{pages: servePages(t)}
	p.decode(p.Do("endpoint"), &b.endpoint)
	return b
}

// servePages serves clients/ and node_modules/, and returns where.
func servePages(t *testing.T) string {
	files := http.NewServeMux()
	for _, dir := range []string{"clients", "node_modules"} {
		files.Handle("/"+dir+"/", http.StripPrefix("/"+dir, http.FileServer(http.Dir(dir))))
	}
	pages := httptest.NewServer(files)
	t.Cleanup(pages.Close)
	return pages.URL
}

// sharedBrowser returns the one Chromium for all tests whose pages know their server by its address.
func sharedBrowser(t *testing.T) browser {
	t.Helper()
	endpoint, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	return browser{endpoint, servePages(t)}
}

// lifeline is the stdin of the shared browser, which ends when it is closed: with this process, not when it is collected.
var lifeline io.Writer

var theBrowser = sync.OnceValues(func() (endpoint string, err error) {
	path, err := puppet.Chromium()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("node", "clients/chromium.js", path)
	if lifeline, err = cmd.StdinPipe(); err != nil {
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	if _, err := io.WriteString(lifeline, `{"id":1,"do":"endpoint"}`+"\n"); err != nil {
		return "", err
	}
	var answer struct{ Result, Error string }
	if err := json.NewDecoder(stdout).Decode(&answer); err != nil || answer.Result == "" {
		return "", errors.Join(errors.New("no browser: "+answer.Error), err)
	}
	return answer.Result, nil
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
		p := &session{Puppet: puppet.Start(t, s, "the demo as "+name, "clients/demo.js", b.endpoint, b.pages), user: name}
		p.Do("login", servertest.App, servertest.ClientKey, name)
		p.Await("websocket", nil)
		users[i] = p
	}
	for i, p := range users {
		p.Do("addFriend", names[1-i])
		p.Do("choose", names[1-i])
	}
	var want [2][]string
	for n, line := range lines {
		if strings.ContainsAny(line, "\n\t") {
			continue // an input field takes neither
		}
		speaker, hearer := users[n%2], users[1-n%2]
		speaker.Do("say", line)
		want[n%2] = append(want[n%2], "You Say: "+line)
		want[1-n%2] = append(want[1-n%2], speaker.user+" Say: "+line)
		speaker.Do("shows", line)
		hearer.Do("shows", line)
	}
	for i, p := range users {
		var shown []string
		if p.decode(p.Do("shows", ""), &shown); !slices.Equal(shown, want[i]) {
			t.Errorf("%s sees %q, want %q", p.user, shown, want[i])
		}
		if dir := os.Getenv("PARLEY_SCREENSHOT"); dir != "" {
			p.Do("screenshot", dir+"/demo-"+p.user+".png")
		}
		if errs := p.Heard("pageerror"); len(errs) > 0 {
			t.Errorf("%s: the page complains: %s", p.user, errs[0].Arg)
		}
	}
}
