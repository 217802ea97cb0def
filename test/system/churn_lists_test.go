package system

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/parley-im/parley/internal/servertest"
)

// maxFaults is how many faults of lists a failure prints.
const maxFaults = 20

// compareLists waits until the lists of all users are what the groups and rooms say of them.
func (c *churn) compareLists() {
	c.t.Helper()
	var faults []string
	defer func() {
		for _, f := range faults[:min(len(faults), maxFaults)] {
			c.t.Error(f)
		}
	}()
	servertest.Eventually(c.t, "users are at rest, and in the groups and rooms that have them", func() bool {
		faults = c.listFaults()
		return len(faults) == 0
	})
}

// profile is what GET /ctx/{u} tells of a user.
type profile struct {
	Sessions               int
	Friends, Groups, Rooms []string
	Installs               []string
}

// listFaults compares what users and places tell of each other.
func (c *churn) listFaults() (faults []string) {
	want, listed := c.memberships()
	owners := make(map[string]string)
	for i := range crowd {
		u := user(i)
		var got profile
		if err := c.ask(http.MethodGet, "/ctx/"+u, nil, http.StatusOK, &got); err != nil {
			return append(faults, err.Error())
		}
		if lists := slices.Sorted(slices.Values(slices.Concat(got.Groups, got.Rooms))); !slices.Equal(lists, want[u]) {
			faults = append(faults, fmt.Sprintf("%s is in %v, want %v", u, lists, want[u]))
		}
		if got.Sessions != 0 || !slices.Equal(got.Friends, []string{user(i ^ 1)}) {
			faults = append(faults, fmt.Sprintf("%s has %d sessions and the friends %v", u, got.Sessions, got.Friends))
		}
		for _, install := range got.Installs {
			if other := owners[install]; other != "" {
				faults = append(faults, fmt.Sprintf("%s belongs to %s and to %s", install, other, u))
			}
			owners[install] = u
		}
	}
	if listed == 0 || len(owners) == 0 {
		faults = append(faults, "nobody is a member or has an installation: the comparison proves nothing")
	}
	return append(faults, c.strangerFaults()...)
}

// strangerFaults compares with whom users talked as strangers with what they tell of it, both of them.
func (c *churn) strangerFaults() (faults []string) {
	for i := range crowd {
		u := user(i)
		want, got := []string{}, []string{}
		if _, met := c.met.Load(u); met {
			want = append(want, strangerOf(u))
		}
		if err := c.ask(http.MethodGet, "/ctx/"+u+"/strangers", nil, http.StatusOK, &got); err != nil {
			return append(faults, err.Error())
		}
		if !slices.Equal(got, want) {
			faults = append(faults, fmt.Sprintf("%s has the strangers %v, want %v", u, got, want))
		}
	}
	return faults
}

// memberships returns the ids of the groups and rooms that have each user, sorted, and how many there are in all.
func (c *churn) memberships() (of map[string][]string, count int) {
	of = make(map[string][]string)
	for _, s := range c.slots {
		var got struct{ Members []string }
		if s.place == nil {
			continue
		}
		if err := c.ask(http.MethodGet, s.place.path(), nil, http.StatusOK, &got); err != nil {
			c.t.Error(err)
		}
		for _, u := range got.Members {
			of[u] = append(of[u], s.place.id)
			count++
		}
	}
	for _, ids := range of {
		slices.Sort(ids)
	}
	return of, count
}
