package server

import "sync/atomic"

// doing says what a node that is not up waits for, for operators.
type doing struct{ text atomic.Pointer[string] }

func (d *doing) set(text string) { d.text.Store(&text) }

// String returns what was set last.
func (d *doing) String() string {
	if text := d.text.Load(); text != nil {
		return *text
	}
	return "starting"
}
