//go:build !linux

package machine

import "errors"

var errPin = errors.New("cores can be given to a process on Linux only")

// Cores returns the numbers of the cores that this process may use; nil = not known.
func Cores() []int { return nil }

// Pin keeps all threads of this process on these cores.
func Pin(...int) error { return errPin }

// PinThread keeps the calling thread on these cores.
func PinThread(...int) error { return errPin }
