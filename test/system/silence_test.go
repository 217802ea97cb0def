package system

import (
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// Who logs in is told nothing that was before: not what friends said, which is history, and not who is there already, whether
// a friend or a user whom all others hear of. A friendship that is made, and one that ends, tells nobody either (section 12).
//
// Checked by breaking it: with a hub that tells a session that it admits of a friend who is there, it fails.
func TestSilence_NothingIsToldThatWasBefore(t *testing.T) {
	n := servertest.Start(t)
	if err := rest(n).Befriend(t.Context(), "tom", "jerry"); err != nil {
		t.Fatal(err)
	}
	tom := visit(t, n, client.Options{User: "tom", NotifyAll: true})
	visit(t, n, as("jerry")).Cut()
	sayAndWait(t, tom.Conn, client.Text("jerry", "missed"))
	eve := visit(t, n, as("eve"))
	if err := rest(n).Befriend(t.Context(), "eve", "tom"); err != nil {
		t.Fatal(err)
	}
	if err := rest(n).Unfriend(t.Context(), "eve", "tom"); err != nil {
		t.Fatal(err)
	}
	jerry := visit(t, n, as("jerry"))
	sayAndWait(t, tom.Conn, client.Text("jerry", "heard"))
	sayAndWait(t, tom.Conn, client.TextTo(to("eve", client.Stranger), "heard"))
	jerry.hears("jerry", `message {"content":{"body":"heard","media":0},"from":{"id":"tom","type":0},"n":2,"to":{"id":"jerry","type":0}}`)
	eve.hears("eve", `message {"content":{"body":"heard","media":0},"from":{"id":"tom","type":4},"n":1,"to":{"id":"eve","type":4}}`)
}
