package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/parley-im/parley/im"
)

// maxPathLen bounds the escaped path, in bytes: two user ids with every byte escaped, and room to spare.
const maxPathLen = 4096

type handle func(*Handler, call) (answer, error)

type route struct {
	// pattern is a path without its slashes; "*" takes any segment.
	pattern []string
	methods map[string]handle
	// kind says what a route that users, groups and rooms, or two of them, have alike is about; 0 for the others.
	kind im.Kind
}

var routes = slices.Concat(
	[]route{
		at("ctx", "GET", (*Handler).searchUsers),
		at("ctx/*", "GET", (*Handler).user, "POST", (*Handler).user), // SDK v4 loads by POST
		at("ctx/*/friends", "GET", (*Handler).friends),
		at("ctx/*/friends/*", "GET", (*Handler).friend, "POST", (*Handler).befriend, "DELETE", (*Handler).unfriend),
		at("ctx/*/friends/*/chats", "GET", (*Handler).friendChats),
		at("ctx/*/strangers", "GET", (*Handler).strangers),
		at("ctx/*/strangers/*", "GET", (*Handler).stranger),
		at("ctx/*/strangers/*/chats", "GET", (*Handler).strangerChats),
		at("ctx/*/installs/*", "DELETE", (*Handler).logout),
		at("groups/*/chats", "GET", (*Handler).groupChats, "DELETE", (*Handler).clearChats).of(im.KindGroup), // a room has no history
		at("passengers", "POST", (*Handler).welcome),
		at("passengers/*", "GET", (*Handler).passenger, "POST", (*Handler).passenger),
		at("passengers/*/chats/*", "GET", (*Handler).passengerChats),
		at("system", "POST", (*Handler).systemToAll),
		at("system/*", "POST", (*Handler).system),
	},
	gatherings("groups", im.KindGroup),
	gatherings("rooms", im.KindRoom),
	attributes("ctx", im.KindUser),
	attributes("groups", im.KindGroup),
	attributes("rooms", im.KindRoom),
)

// gatherings are the routes that groups and rooms have alike.
func gatherings(name string, kind im.Kind) []route {
	return []route{
		at("ctx/*/"+name, "GET", (*Handler).memberships).of(kind),
		at(name, "GET", (*Handler).searchGatherings, "POST", (*Handler).create).of(kind),
		at(name+"/*", "GET", (*Handler).gathering, "POST", (*Handler).gathering, // SDK v4 loads by POST
			"PUT", (*Handler).change, "DELETE", (*Handler).remove).of(kind),
		at(name+"/*/members", "GET", (*Handler).members, "POST", (*Handler).addMembers, "DELETE", (*Handler).removeMembers).of(kind),
		at(name+"/*/members/*", "POST", (*Handler).join, "DELETE", (*Handler).leave).of(kind),
	}
}

// attributes are the routes that users, groups and rooms have alike.
func attributes(name string, kind im.Kind) []route {
	return []route{
		at(name+"/*/attributes", "GET", (*Handler).attributes, "POST", (*Handler).mergeAttributes,
			"PUT", (*Handler).replaceAttributes, "DELETE", (*Handler).clearAttributes).of(kind),
		at(name+"/*/attributes/*", "GET", (*Handler).attribute).of(kind),
	}
}

// at builds a route from its path and pairs of method and handle.
func at(path string, pairs ...any) route {
	r := route{pattern: strings.Split(path, "/"), methods: map[string]handle{}}
	for i := 0; i < len(pairs); i += 2 {
		r.methods[pairs[i].(string)] = pairs[i+1].(func(*Handler, call) (answer, error))
	}
	return r
}

func (rt route) of(kind im.Kind) route {
	rt.kind = kind
	return rt
}

// way is what serves a request.
type way struct {
	do   handle
	kind im.Kind
	// args are the segments that the route leaves open.
	args []string
}

// find returns what serves r. For a wrong method it sets Allow.
func find(answer http.Header, r *http.Request) (way, error) {
	path := r.URL.EscapedPath()
	if len(path) > maxPathLen {
		return way{}, im.E("rest.route", im.TooLong, "path too long")
	}
	segments, ok := split(path)
	if !ok {
		return way{}, im.E("rest.route", im.Invalid, "broken escape in path")
	}
	for _, rt := range routes {
		if args, ok := rt.match(segments); ok {
			do, err := rt.method(answer, r.Method)
			return way{do: do, kind: rt.kind, args: args}, err
		}
	}
	return way{}, im.E("rest.route", im.NotFound, "no such route")
}

// split cuts an escaped path into decoded segments. One trailing slash does not count.
func split(escaped string) (segments []string, ok bool) {
	escaped = strings.TrimSuffix(strings.TrimPrefix(escaped, "/"), "/")
	segments = strings.Split(escaped, "/")
	for i, s := range segments {
		decoded, err := url.PathUnescape(s)
		if err != nil {
			return nil, false
		}
		segments[i] = decoded
	}
	return segments, true
}

func (rt route) match(segments []string) (args []string, ok bool) {
	if len(segments) != len(rt.pattern) {
		return nil, false
	}
	for i, p := range rt.pattern {
		switch {
		case p == "*":
			args = append(args, strings.Clone(segments[i])) // actors keep ids: they must not keep the request's line
		case p != segments[i]:
			return nil, false
		}
	}
	return args, true
}

func (rt route) method(answer http.Header, method string) (handle, error) {
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves the body out
	}
	if do, ok := rt.methods[method]; ok {
		return do, nil
	}
	return nil, RefuseMethod(answer, rt.allow())
}

// RefuseMethod returns the error for a method that a known path does not have, and says in the answer's header which it has.
func RefuseMethod(answer http.Header, allowed string) error {
	answer.Set("Allow", allowed)
	return &im.Error{Op: "rest.route", Kind: im.Unsupported, Err: errMethod}
}

func (rt route) allow() string {
	methods := []string{http.MethodOptions}
	for m := range rt.methods {
		methods = append(methods, m)
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
