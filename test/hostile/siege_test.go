package hostile

import (
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// siege is a node under attack, and the two who talk meanwhile.
type siege struct {
	*servertest.Node
	t    *testing.T
	pair *pair
	// before is how the node was when nobody but the pair was there.
	before vitals
}

// lay starts a node and the pair. At the end of the test, when the sockets of the attack are closed, it checks that the
// pair noticed nothing and that the node is as it was.
func lay(t *testing.T, flags ...string) *siege {
	t.Helper()
	return layOn(t, servertest.Start(t, flags...))
}

// layOn does the same to a node that is up.
func layOn(t *testing.T, n *servertest.Node) *siege {
	t.Helper()
	s := &siege{Node: n, t: t}
	s.befriend("tom", "jerry")
	s.pair = startPair(s)
	s.must(s.pair.exchange())
	s.before = s.vitals()
	s.pair.start()
	t.Cleanup(s.lift)
	return s
}

func (s *siege) lift() {
	s.pair.stop()
	var now vitals
	defer func() { s.t.Logf("before %+v, after %+v", s.before, now) }()
	servertest.Eventually(s.t, "the node is as it was before", func() bool {
		now = s.vitals()
		return now.within(s.before)
	})
}

func (s *siege) rest() client.REST {
	return client.REST{URL: s.URL(), App: servertest.App, Key: servertest.ClientKey, HTTP: unkept}
}

func (s *siege) befriend(a, b string) {
	s.t.Helper()
	if err := s.rest().Befriend(s.t.Context(), a, b); err != nil {
		s.t.Fatal(err)
	}
}
