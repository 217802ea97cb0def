package chaos

import (
	"net/http"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

func TestMain(m *testing.M) { servertest.MainTagged(m, "faults") }

// web keeps no connection, so that none is left when the tests end.
var web = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// rest returns a REST client that shares no code with the server.
func rest(n *servertest.Node) client.REST {
	return client.REST{URL: n.URL(), App: servertest.App, Key: servertest.ClientKey, HTTP: web}
}
