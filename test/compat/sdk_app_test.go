package compat

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/puppet"
)

// attributeCalls are the SDK's names for the attributes of one sort of object.
type attributeCalls struct{ set, cover, all, one, clear, search string }

func callsOf(sort string) attributeCalls {
	return attributeCalls{
		"set" + sort + "Attributes", "coverSet" + sort + "Attributes", "get" + sort + "Attributes",
		"get" + sort + "OneAttribute", "rm" + sort + "Attributes", "search" + sort + "s",
	}
}

// Attributes of users, groups and rooms by the SDK's own calls: merged, replaced, read, searched for and cleared.
func TestSDK_AttributesAndSearch(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom := login(t, s, sdk, "tom")
		var group, room string
		tom.sdk(&group, "addGroup", map[string]any{"owner": "tom"})
		tom.sdk(&room, "addRoom", map[string]any{"members": []string{"tom"}})

		for sort, id := range map[string]string{"User": "tom", "Group": group, "Room": room} {
			calls := callsOf(sort)
			tom.sdk(nil, calls.set, id, map[string]any{"age": 20, "city": "上海", "pets": []string{"cat"}})
			tom.sdk(nil, calls.set, id, map[string]any{"age": 21})
			tom.wantAttributes(calls, id, `{"age":21,"city":"上海","pets":["cat"]}`)
			var city string
			if tom.sdk(&city, calls.one, id, "city"); city != "上海" {
				t.Errorf("%s answered %q, want 上海", calls.one, city)
			}
			filters := map[string]bool{"age=21": true, "age=20": false, "city=Rome": false, "pets=cat": false}
			if sdk.isOwn() { // the original one does not escape what it searches for, so that Node refuses anything but ASCII
				filters["city=上海"] = true
			}
			for filter, want := range filters {
				if got := slices.Contains(tom.finds(calls, filter), id); got != want {
					t.Errorf("%s by %s finds it: %v, want %v", calls.search, filter, got, want)
				}
			}

			tom.sdk(nil, calls.cover, id, map[string]any{"level": true})
			tom.wantAttributes(calls, id, `{"level":true}`)
			if text := tom.refused(calls.one, id, "city"); errorCode(text) != 5004 {
				t.Errorf("%s gave the application %q for what is not there, want error 5004", calls.one, text)
			}
			tom.sdk(nil, calls.clear, id)
			tom.wantAttributes(calls, id, `{}`)
		}
	})
}

func (p *session) wantAttributes(calls attributeCalls, id, want string) {
	p.T.Helper()
	var got map[string]any
	p.sdk(&got, calls.all, id)
	if text, err := json.Marshal(got); err != nil || string(text) != want {
		p.T.Errorf("%s answered %s (%v), want %s", calls.all, text, err, want)
	}
}

// finds searches as the SDK does, ten sorted by city, and returns the ids that it is answered.
func (p *session) finds(calls attributeCalls, filter string) (ids []string) {
	p.T.Helper()
	name, value, _ := strings.Cut(filter, "=")
	var found []struct{ ID string }
	p.sdk(&found, calls.search, 10, 0, "-city", map[string]any{name: value})
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	return ids
}

// System messages by the SDK's own calls reach whom they are for, and the application hears by its sys() for whom they were.
func TestSDK_SystemMessages(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom, jerry := login(t, s, sdk, "tom"), login(t, s, sdk, "jerry")
		var group, room string
		tom.sdk(&group, "addGroup", map[string]any{"owner": "tom", "members": []string{"jerry"}})
		tom.sdk(&room, "addRoom", map[string]any{"members": []string{"jerry"}})

		for _, m := range []struct {
			call string
			to   []any
			want string // of `to` at the receiver
		}{
			{"sysToAll", nil, ``},
			{"sysToUser", []any{"jerry"}, `{"id":"jerry","type":0}`},
			{"sysToGroup", []any{group}, fmt.Sprintf(`{"id":%q,"type":1}`, group)},
			{"sysToRoom", []any{room}, fmt.Sprintf(`{"id":%q,"type":2}`, room)},
		} {
			tom.sdk(nil, m.call, append(m.to, map[string]any{"content": map[string]any{"media": 0, "body": m.call}})...)
			var heard struct {
				To json.RawMessage
				TS int64
			}
			jerry.decode(jerry.Await("sys", func(raw json.RawMessage) bool { return bodyIs(raw, m.call) }), &heard)
			if to := string(heard.To); heard.TS == 0 || to != m.want {
				t.Errorf("%s: jerry heard %+v, to %s, want to %s", m.call, heard, to, m.want)
			}
		}
	})
}

// Passengers by the SDK's own calls: drawn, changed, read, and their history with a user.
func TestSDK_Passengers(t *testing.T) {
	t.Parallel()
	eachSDK(t, func(t *testing.T, s *servertest.Node, sdk kind) {
		tom := login(t, s, sdk, "tom")
		var id, same string
		tom.sdk(&id, "addOrModifyPassenger", map[string]any{"name": "guest", "age": 1})
		if len(id) != 32 {
			t.Errorf("the id %q was drawn, want 32 hex digits", id)
		}
		tom.sdk(&same, "addOrModifyPassenger", map[string]any{"id": id, "age": 2})
		var attributes map[string]any
		if tom.sdk(&attributes, "getPassenger", id); same != id || fmt.Sprint(attributes) != "map[age:2 name:guest]" {
			t.Errorf("getPassenger answered %v of %q, want what both calls set of %q", attributes, same, id)
		}
		var chats []any
		if tom.sdk(&chats, "getPassengerRecentChat", id, "tom", 0, 10); chats == nil || len(chats) > 0 {
			t.Errorf("getPassengerRecentChat answered %v, want an empty list", chats)
		}
		if text := tom.refused("getPassenger", "nobody"); errorCode(text) != 5004 {
			t.Errorf("getPassenger gave the application %q for nobody, want error 5004", text)
		}
	})
}

// Everything that the SDKs offer stands in some test here, or in the puppets that speak for them. What it answers is compared
// there. Checked by breaking it: without this file among the sources, what it calls is missed.
func TestSDK_EveryFunctionIsCalled(t *testing.T) {
	t.Parallel()
	var names []string
	p := puppet.Start(t, &servertest.Node{}, "functions", maxleap.args...) // which asks no server
	if err := json.Unmarshal(p.Do("functions"), &names); err != nil || len(names) < 60 {
		t.Fatalf("the SDK has %d functions: %q (%v)", len(names), names, err)
	}
	text := sources(t, "sdk*_test.go", "gatherings_test.go", "clients/user.js", "clients/album.js")
	for _, sort := range []string{"User", "Group", "Room"} {
		text += fmt.Sprint(callsOf(sort))
	}
	inner := []string{"chunk", "open"} // called by the SDK itself
	for _, name := range slices.Concat(names, methods(t, "client.ts"), methods(t, "composer.ts")) {
		if !strings.Contains(text, name) && !slices.Contains(inner, name) {
			t.Errorf("no test calls %s", name)
		}
	}
}

func sources(t *testing.T, patterns ...string) string {
	t.Helper()
	var text strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %q, %v", pattern, files, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b)
		}
	}
	return text.String()
}
