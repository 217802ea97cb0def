// Package proto holds the protobuf definitions of everything that is stored or travels between nodes; the Go code made
// from them is in proto/parley/v1. `make proto` makes it anew.
package proto
