package cluster

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"
)

// registryBuckets is how many buckets a node's registry has. Each has 32 tables with a lock of its own, so that 16 make more
// than enough for as many actors as there is memory for.
const registryBuckets = 16

// compact makes a registry do with registryBuckets, where protoactor makes 1024 of them: 3 MiB when they are empty, and 9 more
// once each of the 32,768 tables has had an entry, since a table never shrinks. It must come before the registry is used
// by several goroutines.
func compact(r *actor.ProcessRegistryValue) {
	all := r.LocalPIDs.LocalPIDs
	r.LocalPIDs.LocalPIDs = slices.Clone(all[:min(registryBuckets, len(all))])
	for _, bucket := range all {
		for id, process := range bucket.Items() {
			bucket.Remove(id)
			r.LocalPIDs.GetBucket(id).Set(id, process)
		}
	}
}
