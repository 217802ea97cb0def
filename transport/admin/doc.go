// Package admin serves the operator's side of a node: health, metrics, profiles and the operator API.
//
// Its handler belongs on a listener that only operators reach (loopback by default). Who reaches it may read health and
// metrics; profiles and the API also need the node's token, as "Authorization: Bearer TOKEN" or as the password of
// basic authentication, which is what `go tool pprof http://x:TOKEN@HOST/debug/pprof/heap` sends.
//
//	/livez /healthz     200 while the process answers
//	/readyz             200 when a send would be accepted, else 503 with one line per failing check
//	/metrics            Prometheus
//	/debug/pprof/       profiles                        token
//	GET  /v1/apps       the apps with their keys        token
//	POST /v1/apps       draws an app and returns it     token
//	PATCH /v1/apps/ID   {"retention":MS}: for how long its messages can be read   token
//	GET  /v1/retention  what it keeps, and when it goes token
//	GET  /v1/cluster    its nodes, and who leads what   token
//
//	POST   /v1/cluster/nodes                {"name":N}: a node of that name may join        token
//	DELETE /v1/cluster/nodes/N              it is no member any more                        token
//	POST   /v1/cluster/nodes/N/replace      one of that name may join in its place          token
//	POST   /v1/cluster/nodes/N/drain        it hands over what it leads, and lets its clients go; /undrain ends that   token
//	POST   /v1/cluster/shards/S/transfer    {"to":N}: that node is to lead the shard        token
//
//	GET  /v1/cluster/digests
//	                    what it holds of each shard     token
//
// Answers of the API are JSON, errors {"error":"..."}. Health alone is fit for the public listener too. Everything here
// is safe for concurrent use; no goroutine outlives its request.
package admin
