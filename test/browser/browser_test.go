package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/puppet"
)

func TestMain(m *testing.M) {
	if err := puppet.Install(); err != nil {
		fmt.Fprintln(os.Stderr, "test/browser:", err)
		os.Exit(1)
	}
	servertest.Main(m)
}

// story is one of stories/, with a browser of its own.
type story struct{ *puppet.Puppet }

// begin begins a story at s, which is to be ended.
func begin(t *testing.T, s *servertest.Node, name string) story {
	t.Helper()
	chromium, err := puppet.Chromium()
	if err != nil {
		t.Fatal(err)
	}
	return story{puppet.Start(t, s, "the story "+name, "stories/"+name+".js", chromium, fmt.Sprint(servertest.Patience.Milliseconds()))}
}

// ends closes the browser, and complains of what pages have done that they should not.
func (s story) ends() {
	s.T.Helper()
	var troubles []string
	if err := json.Unmarshal(s.Do("troubles"), &troubles); err != nil {
		s.T.Fatal(err)
	}
	for _, trouble := range troubles {
		s.T.Error(trouble)
	}
}

// Three users in three contexts, at a desk and with a phone, light and dark, English and Chinese: friends, a group, a room, a picture and
// its thumbnail, what is unread, who is there, and what is there after a reload.
//
// Checked by breaking it: a history that is not read fails it, and a button without a name.
func TestPage_ThreeUsersMeet(t *testing.T) {
	t.Parallel()
	s := begin(t, servertest.Start(t), "meet")
	for _, chapter := range []string{"logIn", "friends", "pictures", "group", "room", "reload", "goodbye"} {
		s.Do(chapter)
	}
	s.ends()
}

// A server is killed and started again: pages say so, take what is written, send it when there is a connection again, once, and read what
// they have missed.
//
// Checked by breaking it: a page that shows what is said when it is acknowledged fails it, and one that shows friends as online all the time.
func TestPage_ComesBackAfterARestart(t *testing.T) {
	t.Parallel()
	node := servertest.Start(t)
	s := begin(t, node, "restart")
	s.Do("before")
	node.Kill()
	s.Do("during")
	node.Restart()
	s.Do("after")
	s.ends()
}

// Keys suffice to log in, to make friends, to choose, to say, and to leave.
//
// Checked by breaking it: when Escape leaves the focus nowhere, it fails.
func TestPage_NeedsNoMouse(t *testing.T) {
	t.Parallel()
	s := begin(t, servertest.Start(t), "keys")
	s.Do("keys")
	s.ends()
}

// All that is fetched until somebody is logged in is less than 150 KB, compressed; who is not let in is told why, where the keys were
// typed; the language can be chosen.
//
// Checked by breaking it: a style that comes from another host fails it, by the request and by the policy that forbids it.
func TestPage_LetsIn(t *testing.T) {
	t.Parallel()
	lends := begin(t, servertest.Start(t), "door")
	var size int
	if err := json.Unmarshal(lends.Do("weigh"), &size); err != nil || size < 1000 || size > 150_000 {
		t.Errorf("the first load has %d bytes (%v), want no more than 150,000", size, err)
	}
	t.Logf("the first load has %d bytes", size)
	lends.Do("speaks")
	lends.ends()

	lendsNone := begin(t, servertest.Start(t, "--demo", "off"), "door")
	lendsNone.Do("refuses", servertest.App, servertest.ClientKey)
	lendsNone.ends()
}

// rest returns a REST client that shares no code with the server.
func rest(s *servertest.Node) client.REST {
	return client.REST{URL: s.URL(), App: servertest.App, Key: servertest.ClientKey, Insist: servertest.Patience}
}

// speaker logs in a user who is no page.
func speaker(t *testing.T, s *servertest.Node, user string) *client.Conn {
	t.Helper()
	c, err := client.Insist(t.Context(), client.Options{Addr: s.Listen, App: servertest.App, Sign: client.SignNow(servertest.ClientKey), User: user})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // it may be gone
	return c
}

// say says each, in order, and waits until all are stored.
func say(c *client.Conn, messages ...client.Message) error {
	answers := make(chan client.Answer, len(messages))
	for _, m := range messages {
		if err := c.Say(m, func(a client.Answer) { answers <- a }); err != nil {
			return err
		}
	}
	for i := range messages {
		select {
		case a := <-answers:
			if !a.Success {
				return fmt.Errorf("message %d: %+v", i, a)
			}
		case <-c.Done():
			return fmt.Errorf("the connection ended after %d of %d answers", i, len(messages))
		}
	}
	return nil
}
