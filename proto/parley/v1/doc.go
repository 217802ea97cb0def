// Package parleyv1 is the Go code of proto/parley/v1/*.proto: stored events and snapshots, and the commands, replies and
// tells between actors. A message is immutable once it was sent or stored, since it may be shared by pointer.
package parleyv1
