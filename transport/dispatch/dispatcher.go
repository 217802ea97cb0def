package dispatch

// Dispatcher sends commands to actors. Safe for concurrent use.
type Dispatcher struct{ opts Options }

// New returns a Dispatcher. It panics without Actors.
func New(opts Options) *Dispatcher {
	if opts.Actors == nil {
		panic("dispatch: Options.Actors is nil")
	}
	opts.EnsureDefaults()
	return &Dispatcher{opts: opts}
}
