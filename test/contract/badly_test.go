package contract

import (
	"regexp"
	"strings"
	"testing"
)

// tooLong is a body that no operation takes.
var tooLong = `{"x":"` + strings.Repeat("x", 1<<20) + `"}`

// askBadly asks for every operation with a body that is too long, and without a key.
func (s *stage) askBadly() {
	s.t.Helper()
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for path, item := range s.doc.Paths.Map() {
		path = parameter.ReplaceAllString(path, "x")
		for method := range item.Operations() {
			s.wantRefusal(method, path, tooLong, "x-ml-none", 400, `"errorCode":5010`)
			s.wantRefusal(method, path, "", "X-ML-Request-Sign", 401, `"errorCode":5003`)
			s.wantRefusal(method, path, "", "X-ML-AppId", 401, `"errorCode":5003`)
		}
	}
}

// wantRefusal asks without a header.
func (s *stage) wantRefusal(method, path, body, without string, status int, code string) {
	s.t.Helper()
	r := request(s.t, s.node.URL(), method, path, body)
	r.Header.Del(without)
	if body != "" {
		r.Header.Set("Expect", "100-continue") // the server does not read what is announced to be too long
	}
	x := send(s.t, r, body)
	if x.status != status || !strings.Contains(string(x.body), code) {
		s.t.Errorf("%s %s: %d %s, want %d %s", method, path, x.status, x.body, status, code)
	}
	if err := s.check(x); err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
}

// The check sees each way in which an answer can be another than the document says.
func TestContract_DeviationsAreSeen(t *testing.T) {
	t.Parallel()
	c := read(t)
	good := map[string]string{"Content-Type": "application/json; charset=utf-8", "Access-Control-Allow-Origin": "*"}
	bare := map[string]string{"Access-Control-Allow-Origin": "*"}
	const friend = `{"id":"1e852a2f11d8f856","from":"tom","to":"jerry","online":true,"ts":1479000000001}`
	for name, tt := range map[string]struct {
		method, path, body string
		header             map[string]string
		status             int
		fits               bool
	}{
		"good":                      {"GET", "/ctx/tom/friends/jerry", friend, good, 200, true},
		"good error":                {"GET", "/ctx/tom/friends/jerry", `{"errorCode":5004,"errorMessage":"x"}`, good, 404, true},
		"good without body":         {"DELETE", "/ctx/tom/friends/jerry", "", bare, 204, true},
		"undocumented status":       {"GET", "/ctx/tom/friends/jerry", friend, good, 201, false},
		"a field more":              {"GET", "/ctx/tom/friends/jerry", strings.Replace(friend, "{", `{"x":1,`, 1), good, 200, false},
		"a field less":              {"GET", "/ctx/tom/friends/jerry", strings.Replace(friend, `"online":true,`, "", 1), good, 200, false},
		"a field of another type":   {"GET", "/ctx/tom/friends/jerry", strings.Replace(friend, "true", `"true"`, 1), good, 200, false},
		"another type":              {"GET", "/ctx/tom/friends/jerry", friend, map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}, 200, false},
		"no header":                 {"GET", "/ctx/tom/friends/jerry", friend, map[string]string{"Content-Type": "application/json; charset=utf-8"}, 200, false},
		"no body":                   {"GET", "/ctx/tom/friends/jerry", "", bare, 200, false},
		"a body where none belongs": {"DELETE", "/ctx/tom/friends/jerry", "{}", good, 204, false},
		"an error without a text":   {"GET", "/ctx/tom", `{"errorCode":5004}`, good, 404, false},
		"an unknown error":          {"GET", "/ctx/tom", `{"errorCode":404,"errorMessage":"x"}`, good, 404, false},
		"an unknown path":           {"GET", "/nothing", `{}`, good, 200, false},
		"an unknown method":         {"PUT", "/ctx/tom", `{}`, good, 200, false},
	} {
		x := exchange{Request: request(t, "http://localhost", tt.method, tt.path, ""), status: tt.status, body: []byte(tt.body), header: map[string][]string{}}
		for k, v := range tt.header {
			x.header.Set(k, v)
		}
		if err := c.check(x); (err == nil) != tt.fits {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(c.unseen()); n < 100 {
		t.Errorf("%d answers are unseen, want nearly all", n)
	}
}
