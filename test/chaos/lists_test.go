package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// checkLists compares the members that groups and rooms say they have with what the users' own lists say (G5), on every node.
// A user is told at last, so it waits for them to agree.
func (r *run) checkLists(o *roster) (faults []error) {
	r.t.Helper()
	members := map[string][]string{} // by object
	for _, obj := range o.objects {
		var got struct{ Members []string }
		r.get(r.Nodes[0], obj.name, &got)
		members[strings.TrimPrefix(obj.name, o.path+"/")] = got.Members
	}
	deadline := time.Now().Add(servertest.Patience / 2)
	for _, n := range r.Nodes {
		for i := range candidates {
			wrong := r.list(n, o.path, candidate(i), members)
			for wrong != nil && time.Now().Before(deadline) {
				wait(r.t.Context(), breath)
				wrong = r.list(n, o.path, candidate(i), members)
			}
			if wrong != nil {
				faults = append(faults, fmt.Errorf("G5: by %s, %w", n.Name, wrong))
			}
		}
	}
	return faults
}

// list reads a user's groups or rooms from a node and compares them.
func (r *run) list(n *servertest.Node, path, who string, members map[string][]string) error {
	r.t.Helper()
	var got []string
	r.get(n, "/ctx/"+who+path, &got)
	return compareLists(who, got, members)
}

// compareLists complains when somebody's list is not that of the objects that have them as a member. There may be others on it,
// since nobody knows of an object whose making was not answered.
func compareLists(who string, list []string, members map[string][]string) error {
	var want []string
	for id, names := range members {
		if slices.Contains(names, who) {
			want = append(want, id)
		}
	}
	slices.Sort(want)
	list = slices.DeleteFunc(slices.Sorted(slices.Values(list)), func(id string) bool { return members[id] == nil })
	if slices.Equal(list, want) {
		return nil
	}
	return fmt.Errorf("%s has the list %q, and is a member of %q", who, list, want)
}

// get reads JSON, again and again while the node says that it is not available. What does not exist leaves v as it is.
func (r *run) get(n *servertest.Node, path string, v any) {
	r.t.Helper()
	servertest.Eventually(r.t, n.Name+" answers "+path, func() bool {
		status, body, err := rest(n).Do(r.t.Context(), http.MethodGet, path)
		switch {
		case err != nil || status == http.StatusServiceUnavailable:
			return false
		case status == http.StatusNotFound:
			return true
		case status != http.StatusOK || json.Unmarshal(body, v) != nil:
			r.t.Fatalf("%s: GET %s: %d %s", n.Name, path, status, body)
		}
		return true
	})
}
