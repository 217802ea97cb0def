package contract

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// stage is a node, and the names of what the rows are about.
type stage struct {
	*contract

	t     *testing.T
	node  *servertest.Node
	names []string
}

// A real server answers every operation of docs/openapi.yaml as it says there: well asked, with a body too long, without a
// key, and where the document says so about what does not exist. Checked by breaking it: a field more in the answer of GET
// /ctx/{u}, one less, and 200 for 201 each failed it, and so did leaving out a row.
func TestContract_EveryOperationAnswersAsDocumented(t *testing.T) {
	s := &stage{contract: read(t), t: t, node: servertest.Start(t)}
	s.ask(beginning)
	s.names = append(s.names, "{g}", s.drawn("/groups", `{"owner":"tom","members":["jerry"]}`), "{r}", s.drawn("/rooms", `{"name":"lobby","members":["tom"]}`))
	s.forget("tom") // the groups and rooms of the beginning
	s.talk()
	s.ask(users)
	s.askOf("/ctx/tom", "/ctx", attributes)
	for _, x := range []struct{ path, all string }{{"/groups/{g}", "/groups"}, {"/rooms/{r}", "/rooms"}} {
		s.askOf(x.path, x.all, gatherings)
		s.askOf(x.path, x.all, attributes)
	}
	s.ask(others)
	s.askOf("/groups/{g}", "/groups", ending)
	s.askOf("/rooms/{r}", "/rooms", ending)
	s.askBadly()
	for _, answer := range s.unseen() {
		t.Errorf("never seen: %s", answer)
	}
}

func (s *stage) ask(rows []row) {
	s.t.Helper()
	for _, r := range rows {
		names := strings.NewReplacer(s.names...)
		path := names.Replace(r.path)
		x := send(s.t, request(s.t, s.node.URL(), r.method, path, r.body), r.body)
		if x.status != r.status || client.ErrorCode(x.body) != r.code || !strings.Contains(string(x.body), names.Replace(r.has)) {
			s.t.Errorf("%s %s %s: %d %s, want %d %d %s", r.method, path, r.body, x.status, x.body, r.status, r.code, r.has)
		}
		if err := s.check(x); err != nil {
			s.t.Errorf("%s %s: %v", r.method, path, err)
		}
	}
}

// askOf asks about x, one of all.
func (s *stage) askOf(x, all string, rows []row) {
	s.t.Helper()
	names := s.names
	path := strings.NewReplacer(names...).Replace(x)
	s.names = append([]string{"{x}", path, "{0}", all + "/nobody", "{all}", all}, names...)
	s.ask(rows)
	s.names = names
}

// drawn makes something and returns its id.
func (s *stage) drawn(path, body string) (id string) {
	s.t.Helper()
	a := s.node.Client().Do(http.MethodPost, path, body)
	if err := json.Unmarshal([]byte(a.Body), &id); err != nil {
		s.t.Fatalf("POST %s: %d %s", path, a.Status, a.Body)
	}
	return id
}

// forget takes a user out of all groups and rooms but those that the rows name.
func (s *stage) forget(user string) {
	s.t.Helper()
	for _, all := range []string{"/groups", "/rooms"} {
		var ids []string
		if err := json.Unmarshal([]byte(s.node.Client().Expect(http.MethodGet, "/ctx/"+user+all, 200)), &ids); err != nil {
			s.t.Fatal(err)
		}
		for _, id := range ids {
			if !strings.Contains(strings.Join(s.names, " "), id) {
				s.node.Client().Expect(http.MethodDelete, all+"/"+id, 204)
			}
		}
	}
}
