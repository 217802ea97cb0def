package server

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-im/parley/auth"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// A command that is refused because too much is on its way to its actor is in the metrics: messages of 1 MiB, of which
// one at a time has room, follow each other faster than they can be replicated.
//
// Checked by breaking it: without OnOverload in startActors nothing is counted.
func TestMetrics_CountCommandsThatFoundNoRoom(t *testing.T) {
	addrs := servertest.FreeAddrs(t, 2)
	s, err := Start(t.Context(), Options{
		Dir: t.TempDir() + "/data", Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", RaftListen: addrs[0], ActorListen: addrs[1],
		Shards: 1, Apps: []auth.App{{ID: "demo", ClientKey: "client", MasterKey: "master"}}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context()) //nolint:errcheck // other tests look at that
	pair := im.FriendDialog("demo", "tom", "jerry")
	say := &pb.Say{From: "tom", To: "jerry", Content: &pb.Content{Body: make([]byte, 1<<20)}}
	const calls = 16
	answers := make(chan *pb.Reply, calls)
	for range calls {
		s.node.Call(pair, &pb.Command{Body: &pb.Command_Say{Say: say}}, 5*time.Second, func(r *pb.Reply) { answers <- r })
	}
	refused := 0
	for range calls {
		if r := <-answers; r.Error == uint32(im.Overloaded)+1 {
			refused++
		}
	}
	w := httptest.NewRecorder()
	s.metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	want := fmt.Sprintf(`parley_overloads_total{where="actor_calls"} %d`+"\n", refused)
	if refused == 0 || refused == calls || !strings.Contains(w.Body.String(), want) {
		t.Errorf("%d commands of %d were refused, want some, and %s in the metrics", refused, calls, want)
	}
}
