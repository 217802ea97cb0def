package compat

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/puppet"
)

// album is a page in which a user of an SDK, maxleap-im or parley-im, sends pictures.
func album(t *testing.T, s *servertest.Node, b browser, sdk, user string) *session {
	t.Helper()
	p := &session{Puppet: puppet.Start(t, s, "the album of "+user, "clients/album.js", b.endpoint, b.pages, sdk), user: user}
	p.Do("login", servertest.App, servertest.ClientKey, user)
	p.Await("login", nil)
	return p
}

// Users of the SDKs send pictures in a page, the way the original one's guide says and every other that it has: the friend gets the answer to
// the upload for a body, and its page, which is of another origin, shows both pictures and may read them.
func TestAttachment_PicturesOfTheSDKAreSeen(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	b := startBrowser(t, s)
	for _, sdk := range []string{"maxleap-im", "parley-im"} {
		t.Run(sdk, func(t *testing.T) {
			t.Parallel()
			picturesAreSeen(t, s, album(t, s, b, sdk, "tom-of-"+sdk), album(t, s, b, sdk, "jerry-of-"+sdk))
		})
	}
}

func picturesAreSeen(t *testing.T, s *servertest.Node, tom, jerry *session) {
	t.Helper()
	if err := rest(s).Befriend(t.Context(), tom.user, jerry.user); err != nil {
		t.Fatal(err)
	}
	for i, field := range []string{"", "attachment", "userfile", "webp"} {
		tom.Do("picture", jerry.user, 400, 300, field)
		var said struct {
			Content struct {
				Media int
				Body  []string
			}
		}
		jerry.decode(jerry.AwaitNth("message", i+1, nil), &said)
		if said.Content.Media != 1 || len(said.Content.Body) != 2 {
			t.Fatalf("%q: jerry heard %+v", field, said)
		}
		for j, want := range []string{"400 x 300", "128 x 96"} {
			var seen struct {
				Width, Height int
				Colour        []int
			}
			jerry.decode(jerry.Do("sees", said.Content.Body[j]), &seen)
			c := seen.Colour
			if got := fmt.Sprint(seen.Width, " x ", seen.Height); got != want || len(c) != 4 || c[0] > 20 || c[1] < 120 || c[1] > 136 || c[3] != 255 {
				t.Errorf("%q: jerry sees %s, %v at %s, want %s in teal", field, got, c, said.Content.Body[j], want)
			}
		}
	}
	for _, p := range []*session{tom, jerry} {
		if errs := p.Heard("pageerror"); len(errs) > 0 {
			t.Errorf("%s: the page complains: %s", p.user, errs[0].Arg)
		}
	}
}

// Nothing that was uploaded runs when it is opened from the server, nor in a page that refers to it, whatever it is called.
//
// Checked by breaking it: served by the type of its content, and without nosniff, text of all these names runs.
func TestAttachment_NothingRuns(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	p := album(t, s, startBrowser(t, s), "maxleap-im", "tom")
	const script = `console.log("this has run " + location); alert(1)`
	texts := map[string]string{
		"html":   "<!DOCTYPE html><html><body onload='" + strings.ReplaceAll(script, "'", "") + "'><script>" + script + "</script></body></html>",
		"svg":    `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>` + script + `</script></svg>`,
		"xhtml":  `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><script>` + script + `</script></body></html>`,
		"script": script,
	}
	for _, name := range []string{
		"a.HTML", "a.xhtml", "a.svg", "a.xml", "a.js", "a.txt", "a.jpg", "a.mp4", "a.pdf", "a", "a.sm.html",
	} {
		for kind, text := range texts {
			if strings.HasPrefix(kind, "x") && name != "a.xhtml" && name != "a.xml" && name != "a.svg" {
				continue
			}
			var urls []string
			p.decode(p.Do("upload", name, text), &urls)
			var got struct{ Ran, Saved bool }
			p.decode(p.Do("opens", urls[0]), &got)
			if got.Ran {
				t.Errorf("%s with %s runs (saved: %v)", name, kind, got.Saved)
			}
		}
	}
	if events := p.Heard("pageerror"); len(events) > 0 { // a script that was read, and was none
		raw, _ := json.Marshal(events)
		t.Errorf("the page complains: %s", raw)
	}
}
