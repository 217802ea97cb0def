package compat

import (
	"net/http"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// A group's history by the SDK: getGroupChat pages it, oldest first, listGroups has its newest record, and it goes with
// the group. A room has none.
func TestSDK_GroupHistory(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom, jerry := login(t, s, sdk, "tom"), login(t, s, sdk, "jerry")
		group, room := found(t, s, typeGroup), found(t, s, typeRoom)
		for _, line := range lines {
			tom.sayTo(group, client.Content{Body: line})
			jerry.hearsExactly("message", "tom", group, client.Content{Body: line})
		}
		var all, page []client.Record
		tom.sdk(&all, "getGroupChat", group.ID, 0, 50)
		if len(all) != len(lines) {
			t.Fatalf("getGroupChat answered %d records, want %d", len(all), len(lines))
		}
		for i, r := range all {
			if r.Text() != lines[i] || r.Speaker != "tom" || r.N != uint64(i)+1 || i > 0 && r.TS <= all[i-1].TS {
				t.Errorf("record %d is %+v", i+1, r)
			}
		}
		jerry.sdk(&page, "getGroupChat", group.ID, all[4].TS, 2)
		same(t, page, all[2:4])
		var list []gathering
		if jerry.detail(&list, "listGroups", "jerry"); len(list) != 1 || list[0].Recent == nil {
			t.Fatalf("listGroups with detail answered %+v, want one with its newest record", list)
		}
		same(t, []client.Record{*list[0].Recent}, all[len(all)-1:])
		s.Client().Expect(http.MethodGet, "/rooms/"+room.ID+"/chats", http.StatusNotFound)

		tom.succeeds("rmGroup", group.ID)
		if text := tom.refused("getGroupChat", group.ID, 0, 50); errorCode(text) != 5004 {
			t.Errorf("the history of a deleted group gave the application %q, want error 5004", text)
		}
	})
}

// Who was removed neither hears nor is heard, from the callback of the removal on; who was added again does.
func TestSDK_RemovedMembers(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom, twin, jerry := login(t, s, sdk, "tom"), login(t, s, sdk, "tom"), login(t, s, sdk, "jerry")
		tom.befriend("jerry")
		for i, c := range []calls{groupCalls, roomCalls} {
			to, members := found(t, s, c.kind), fields{"members": []string{"jerry"}}
			text := func(what string) client.Content { return client.Content{Body: what + " " + c.get} }
			tom.succeeds(c.rmMembers, to.ID, members)
			jerry.sayTo(to, text("unheard from"))
			jerry.say("tom", text("fence to a friend").Body.(string))
			tom.hears("message", "fence to a friend "+c.get)
			tom.sayTo(to, text("unheard by"))
			twin.hearsExactly("yourself", "", to, text("unheard by"))

			tom.succeeds(c.addMembers, to.ID, members)
			jerry.sayTo(to, text("fence"))
			tom.hearsExactly("message", "jerry", to, text("fence"))
			tom.sayTo(to, text("back"))
			jerry.hearsExactly("message", "tom", to, text("back"))
			tom.hearsInAll("message", 2*i+2)
			jerry.hearsInAll("message", i+1)
		}
	})
}

// What toFriend, toGroup and toRoom say, text and each kind of media by its URL, comes to the others as `message` and
// to the speaker's other session as `yourself`; friends and groups have it in their history.
func TestSDK_SaysTextAndMediaToAll(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom, twin, jerry := login(t, s, sdk, "tom"), login(t, s, sdk, "tom"), login(t, s, sdk, "jerry")
		tom.befriend("jerry")
		group := found(t, s, typeGroup)
		targets := []client.To{{ID: "jerry"}, group, found(t, s, typeRoom)}
		said := map[int][]client.Content{}
		for _, to := range targets {
			for media, ending := range []string{"txt", "png", "mp3", "mp4"} {
				c := client.Content{Media: media, Body: "http://files.invalid/" + to.ID + "." + ending}
				said[to.Type] = append(said[to.Type], c)
				tom.Do("say", to, c)
				jerry.hearsExactly("message", "tom", to, c)
				twin.hearsExactly("yourself", "", to, c)
			}
			both := client.Content{Media: 1, Body: "http://files.invalid/uploaded/" + to.ID}
			said[to.Type] = append(said[to.Type], both)
			tom.Do("mediaUrl", to, both)
			jerry.hearsExactly("message", "tom", to, both)
			twin.hearsExactly("yourself", "", to, both)
		}
		jerry.hearsInAll("message", 15)
		twin.hearsInAll("yourself", 15)
		tom.hearsInAll("message", 0)
		tom.hearsInAll("yourself", 0)

		var records []client.Record
		tom.sdk(&records, "getRecentChat", "tom", "jerry", 0, 50)
		checkContents(t, records, said[0])
		tom.sdk(&records, "getGroupChat", group.ID, 0, 50)
		checkContents(t, records, said[typeGroup])
	})
}

func checkContents(t *testing.T, records []client.Record, want []client.Content) {
	t.Helper()
	var got []client.Content
	for _, r := range records {
		got = append(got, client.Content{Media: r.Content.Media, Body: r.Text()})
	}
	if g, w := canonical(t, got), canonical(t, want); g != w {
		t.Errorf("history has %s, want %s", g, w)
	}
}
