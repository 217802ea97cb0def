package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/admin"
)

// The route passes on which shards are asked for, and who asks; what is wrong with the question, and with the node, has a status of its own.
func TestDigests_AnswersForTheShardsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	var failure error
	digests := func(ctx context.Context, shards []uint32) (admin.Digests, error) {
		d := admin.Digests{Cluster: "c1", Node: "node1", Of: 17, Shards: []admin.Digest{}}
		for _, s := range shards {
			tables := []admin.TableDigest{{Table: "heads", Keys: 1, Bytes: 2, Digest: "ef"}}
			d.Shards = append(d.Shards, admin.Digest{Shard: s, Assigned: 3, Applied: 7, Digest: "abcd", Bytes: 2, Entries: 3, Tables: tables})
		}
		return d, failure
	}
	h := admin.New(admin.Options{
		Apps: func() admin.Apps { return demoApps() }, Digests: digests, Health: &admin.Health{}, Metrics: http.NotFoundHandler(), Token: "secret",
	})
	shard := func(n int) string {
		return fmt.Sprintf(`{"shard":%d,"assigned":3,"applied":7,"digest":"abcd","bytes":2,"entries":3,"tables":[{"table":"heads","keys":1,"bytes":2,"digest":"ef"}]}`, n)
	}
	const begin, end = `{"cluster":"c1","node":"node1","of":17,"shards":[`, "]}\n"
	for _, tt := range []struct {
		method, path string
		caller       func(*http.Request)
		failure      error
		status       int
		want         string // "" = not looked at
	}{
		{"GET", "", bearer, nil, 200, begin + end},
		{"GET", "?shard=3&shard=0", bearer, nil, 200, begin + shard(3) + "," + shard(0) + end},
		{"GET", "?shard=x", bearer, nil, 400, `{"error":"admin.digests: a shard is a number, not \"x\""}` + "\n"},
		{"GET", "?shard=-1", bearer, nil, 400, ""},
		{"GET", "?shard=", bearer, nil, 400, ""},
		{"GET", "?shard=9", bearer, im.E("x", im.NotFound, "no such shard"), 404, `{"error":"x: no such shard"}` + "\n"},
		{"GET", "", bearer, im.E("x", im.Unavailable, ""), 503, ""},
		{"GET", "", nobody, nil, 401, ""},
		{"POST", "", bearer, nil, 405, ""},
	} {
		failure = tt.failure
		got := ask(h, tt.method, "/v1/cluster/digests"+tt.path, tt.caller)
		if got.Code != tt.status || tt.want != "" && got.Body.String() != tt.want {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.path, got.Code, got.Body, tt.status, tt.want)
		}
	}
}
