package cluster

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// A registry that was made smaller finds what was in it before and what comes later, and forgets what is removed.
//
// Checked by breaking it: without the loop in compact "deadletter" and "eventstream" are not found.
func TestRegistry_FindsEverythingWhenCompact(t *testing.T) {
	system := actor.NewActorSystem()
	t.Cleanup(system.Shutdown)
	registry := system.ProcessRegistry
	before := map[string]actor.Process{}
	for _, bucket := range registry.LocalPIDs.LocalPIDs {
		for id, process := range bucket.Items() {
			before[id] = process.(actor.Process)
		}
	}
	if len(before) < 2 {
		t.Fatalf("a new registry holds %v: the test would prove little", before)
	}
	compact(registry)
	if got := len(registry.LocalPIDs.LocalPIDs); got != registryBuckets {
		t.Errorf("buckets = %d, want %d", got, registryBuckets)
	}
	for id, want := range before {
		if got, ok := registry.GetLocal(id); !ok || got != want {
			t.Errorf("%s: %v, %v, want what it was", id, got, ok)
		}
	}
	pid, isNew := registry.Add(&question{}, "late")
	if _, ok := registry.Get(pid); !isNew || !ok {
		t.Error("what was added afterwards is not found")
	}
	if _, isNew := registry.Add(&question{}, "late"); isNew {
		t.Error("a name was given twice")
	}
	registry.Remove(pid)
	if _, ok := registry.Get(pid); ok {
		t.Error("what was removed is found")
	}
}
