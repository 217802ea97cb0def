package compat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/puppet"
)

// sample is a page as the original guide has it, with the address of the SDK, and whatever else the test exchanges, in capitals.
const sample = `<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>the guide's sample</title></head>
<body>
<script src="SERVER/sdk/ML.im.js"></script>
<script>
  var im = ML.im({
    appId: 'APP',
    clientId: 'KEY',
    userId: 'user1',
    installId: 'install1',
    region: 'cn'
  }, function (r) {
    console.log('login ' + JSON.stringify(r));
    im.addFriend('user1', 'user2', function (err, data) {
      console.log('friend ' + err + ' ' + data.id.length);
      im.toFriend('user2').text('hi').ok();
      im.listFriends('user1', function (err, friends) {
        console.log('friends ' + err + ' ' + friends[0].id + ' ' + friends[0].online);
      }, true);
    });
    im.addGroup({ owner: 'user1', name: 'a group', members: ['user1', 'user2'] }, function (err, group) {
      im.toGroup(group).text('hi, all').ok();
    });
    im.addRoom({ name: 'a room', members: ['user1', 'user2'] }, function (err, room) {
      im.toRoom(room).text('hi, room').ok();
    });
  });
  im.onMessage(function (message) {
    console.log('message ' + message.from.id + ' ' + message.content.body);
  });
  im.online(function (user) { console.log('online ' + user); });
  im.offline(function (user) { console.log('offline ' + user); });
  im.sys(function (message) { console.log('sys ' + message.content.body); });
  im.yourself(function (message) { console.log('yourself ' + message.content.body); });
  console.log('version ' + ML.im.version);
</script>
</body>
</html>
`

// The guide's sample works in a plain page of another origin, unchanged but for the address of the server: as it stands where the old host's
// name leads to parley, else with the server in the place of the region; and by the SDK's module.
//
// Checked by breaking it: without Access-Control-Allow-Origin of REST nothing but the login is heard of.
func TestOwnSDK_TheGuidesSample(t *testing.T) {
	t.Parallel()
	const oldHost = "by the old host's name"
	for name, exchange := range map[string]func(s *servertest.Node) *strings.Replacer{
		oldHost: func(*servertest.Node) *strings.Replacer { return strings.NewReplacer() },
		"by the server": func(s *servertest.Node) *strings.Replacer {
			return strings.NewReplacer("region: 'cn'", "server: '"+s.URL()+"'")
		},
		"as a module": func(s *servertest.Node) *strings.Replacer {
			global := fmt.Sprintf("<script src=%q></script>\n<script>", s.URL()+"/sdk/ML.im.js")
			module := fmt.Sprintf("<script type=module>\n  import * as ML from %q;", s.URL()+"/sdk/ML.im.esm.js")
			return strings.NewReplacer(global, module, "region: 'cn'", "server: '"+s.URL()+"'")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t)
			text := strings.NewReplacer("SERVER", s.URL(), "APP", servertest.App, "KEY", servertest.ClientKey).Replace(sample)
			if text = exchange(s).Replace(text); name == "as a module" && strings.Contains(text, "ML.im.js") {
				t.Fatalf("the module is not loaded:\n%s", text)
			}
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprint(w, text) // the browser is gone
			}))
			t.Cleanup(site.Close)
			if name == oldHost {
				isUsed(t, s, startBrowser(t, s), site.URL)
			} else {
				isUsed(t, s, sharedBrowser(t), site.URL)
			}
		})
	}
}

// isUsed opens the sample and talks to its user1.
func isUsed(t *testing.T, s *servertest.Node, b browser, url string) {
	t.Helper()
	user2 := login(t, s, maxleap, "user2")
	page := puppet.Start(t, s, "the sample", "clients/plain.js", b.endpoint, url)
	page.Do("open")
	logs := func(text string) {
		t.Helper()
		page.Await("console", func(raw json.RawMessage) bool {
			var line string
			return json.Unmarshal(raw, &line) == nil && line == text
		})
	}
	logs("version 0.1.0")
	logs(`login {"success":true,"id":"user1"}`)
	logs("friend null 16")
	logs("friends null user2 true")
	for _, text := range []string{"hi", "hi, all", "hi, room"} {
		user2.hears("message", text)
	}
	user2.say("user1", "hi, page")
	logs("message user2 hi, page")
	user2.succeeds("sysToUser", "user1", fields{"content": client.Content{Body: "from the app"}})
	logs("sys from the app")
	login(t, s, maxleap, "user1").say("user2", "from another page")
	logs("yourself from another page")
	user2.Do("goodbye")
	logs("offline user2")
	login(t, s, maxleap, "user2")
	logs("online user2")
	if errs := page.Heard("pageerror"); len(errs) > 0 {
		t.Errorf("the page complains: %s", errs[0].Arg)
	}
}
