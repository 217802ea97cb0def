package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-im/parley/cluster/reads"
)

// What other nodes read here they ask for by tunnels; a client that asks for it at its own port does not.
//
// Checked by breaking it: without isPassedOn the client gets there.
func TestReads_AreForOtherNodesOnly(t *testing.T) {
	t.Parallel()
	edges := openEdges(t, 2, usual, func(node int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "n%d %v", node, isRead(r)) //nolint:errcheck // a client that is gone
	})
	tunnel, err := edges[0].tunnels.dial(t.Context(), edges[0].links, "n2")
	if err != nil {
		t.Fatal(err)
	}
	defer tunnel.Close()                                        //nolint:errcheck // the test ends
	fmt.Fprintf(tunnel, "POST %s HTTP/1.0\r\n\r\n", reads.Path) //nolint:errcheck // the answer tells
	if got, err := io.ReadAll(tunnel); !strings.HasSuffix(string(got), "n2 true") {
		t.Errorf("by a tunnel: %s, %v", got, err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+edges[1].Addr().String()+reads.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != "n2 false" {
		t.Errorf("by the port: %s, %v", got, err)
	}
	if isSocketPath(reads.Path) {
		t.Error("clients' requests for it would be passed on by tunnels")
	}
}
