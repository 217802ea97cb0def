package compat

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
	"github.com/parley-im/parley/test/puppet"
)

// What an application may show of the SDK. The original one has not kept up with the number of its package; ours has.
func TestSDK_Version(t *testing.T) {
	t.Parallel()
	var own struct{ Version string }
	if text, err := os.ReadFile("../../sdk/js/package.json"); err != nil || json.Unmarshal(text, &own) != nil {
		t.Fatalf("package.json: %v, %s", err, text)
	}
	for _, c := range []struct {
		kind kind
		want string
	}{{maxleap, "0.1.0"}, {parley, own.Version}} {
		p := puppet.Start(t, &servertest.Node{}, "version", c.kind.args...) // which asks no server
		if got := string(p.Do("version")); got != strconv.Quote(c.want) {
			t.Errorf("%s: ML.im.version is %s, want %s", c.kind.name, got, c.want)
		}
	}
}

// The SDK's own REST calls, with the arguments that an application gives them.
func TestSDK_FriendsByItsOwnCalls(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom := login(t, s, sdk, "tom")
		login(t, s, sdk, "jerry")

		var made, read friendship
		tom.sdk(&made, "addFriend", "tom", "jerry")
		if len(made.ID) != 16 || made.From != "tom" || made.To != "jerry" || made.NS != servertest.App || made.TS == 0 {
			t.Errorf("addFriend answered %+v", made)
		}
		var again friendship
		if tom.sdk(&again, "addFriend", "jerry", "tom"); again != made {
			t.Errorf("asking again from the other side answered %+v, want %+v", again, made)
		}
		tom.sdk(&read, "getFriendshipInfo", "jerry", "tom")
		if read.ID != made.ID || read.From != "tom" || read.TS != made.TS || !read.Online {
			t.Errorf("getFriendshipInfo answered %+v, want what addFriend made, online", read)
		}

		var names []string
		if tom.sdk(&names, "listFriends", "jerry"); !slices.Equal(names, []string{"tom"}) {
			t.Errorf("listFriends answered %q, want tom", names)
		}
		var info struct {
			ID                               string
			Sessions                         int
			Friends, Groups, Rooms, Installs []string
			Attributes                       map[string]any
			TS                               int64
		}
		tom.sdk(&info, "userInfo", "tom")
		if info.ID != "tom" || info.Sessions != 1 || !slices.Equal(info.Friends, []string{"jerry"}) || info.Groups == nil ||
			info.Rooms == nil || info.Installs == nil || info.Attributes == nil || info.TS == 0 {
			t.Errorf("userInfo answered %+v", info)
		}

		tom.sdk(nil, "rmFriend", "jerry", "tom")
		tom.sdk(nil, "rmFriend", "jerry", "tom")
		if tom.sdk(&names, "listFriends", "tom"); len(names) != 0 {
			t.Errorf("after rmFriend listFriends answered %q", names)
		}
		if text := tom.refused("getFriendshipInfo", "tom", "jerry"); errorCode(text) != 5004 {
			t.Errorf("after rmFriend getFriendshipInfo gave the application %q, want error 5004", text)
		}
	})
}

type friendship struct {
	ID, From, To, NS string
	TS               int64
	Online           bool
}

// The detailed list has the newest record, and media messages pass with whatever JSON their body is.
func TestSDK_DetailAndMedia(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom, jerry := login(t, s, sdk, "tom"), login(t, s, sdk, "jerry")
		tom.befriend("jerry")
		tom.say("jerry", "first")
		jerry.hears("message", "first")
		urls := []any{"http://files.invalid/a.png", "http://files.invalid/a.sm.png"}
		tom.Do("mediaUrl", client.To{ID: "jerry"}, client.Content{Media: 1, Body: urls})
		jerry.Await("message", func(raw json.RawMessage) bool {
			return strings.Contains(string(raw), `"media":1`) && strings.Contains(string(raw), `a.sm.png`)
		})

		var friends []struct {
			ID     string
			Online bool
			Recent struct {
				Speaker string
				Content struct {
					Media int
					Body  []string
				}
			}
		}
		tom.decode(tom.Do("sdk", "listFriends", []any{"tom"}, []any{true}), &friends)
		if len(friends) != 1 || friends[0].ID != "jerry" || !friends[0].Online || friends[0].Recent.Speaker != "tom" ||
			friends[0].Recent.Content.Media != 1 || len(friends[0].Recent.Content.Body) != 2 {
			t.Errorf("listFriends with detail answered %+v", friends)
		}
	})
}

// refused calls a REST function of the SDK that must fail, and returns the error that the application gets.
func (p *session) refused(name string, args ...any) string {
	p.T.Helper()
	var text string
	p.decode(p.Do("sdkError", name, args), &text)
	return text
}

// errorCode reads the error object that the SDK hands to the application as text.
func errorCode(text string) int {
	var e struct {
		ErrorCode    int
		ErrorMessage string
	}
	if json.Unmarshal([]byte(text), &e) != nil || e.ErrorMessage == "" {
		return 0
	}
	return e.ErrorCode
}
