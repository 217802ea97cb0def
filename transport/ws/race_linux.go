//go:build race

package ws

import "syscall"

// beforeWrite tells the race detector what package syscall tells it of each write, and package unix does not: that who reads
// what is written next sees what was done before.
func beforeWrite() { _, _ = syscall.Write(-1, nil) } // it tells before it fails
