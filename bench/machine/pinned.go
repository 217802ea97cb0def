package machine

import "runtime"

// Pinned is the cores that each side of a benchmark has for itself, as far as it can say.
type Pinned struct {
	Server []int `json:"server"`
	Client []int `json:"client"`
}

// PinApart keeps this process, which is the client, on a core, and names another one for the server; undo takes that back. With
// fewer than two cores it returns nil, and both have all.
func PinApart() (p *Pinned, undo func(), err error) {
	cores := Cores()
	if len(cores) < 2 {
		return nil, func() {}, nil
	}
	p = &Pinned{Server: cores[:1], Client: cores[1:2]}
	threads := runtime.GOMAXPROCS(len(p.Client) + 1) // one who speaks on time beside one who reads: the kernel divides the core
	return p, func() {
		runtime.GOMAXPROCS(threads)
		_ = Pin(cores...) // the process ends
	}, Pin(p.Client...)
}
