package socketio

import "sync"

// flight counts the commands of one session that are not answered, and bounds them in number and bytes; overflow: pause
// is called, and resume once there is room, so that no more come.
type flight struct {
	pause, resume func()
	// maxJobs and maxBytes are the bounds; the command that reaches one is still taken.
	maxJobs, maxBytes int

	// mu is taken after that of lanes, before those of the connection.
	mu struct {
		sync.Mutex
		jobs, bytes int
		paused      bool
	}
}

// began counts a command of that many bytes.
func (f *flight) began(bytes int) { f.count(1, bytes) }

// ended undoes began.
func (f *flight) ended(bytes int) { f.count(-1, -bytes) }

// NB: pause and resume are called with mu held, so that they take effect in the order in which they were decided.
func (f *flight) count(jobs, bytes int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.jobs += jobs
	f.mu.bytes += bytes
	full := f.mu.jobs >= f.maxJobs || f.mu.bytes >= f.maxBytes
	if full == f.mu.paused {
		return
	}
	f.mu.paused = full
	if full {
		f.pause()
	} else {
		f.resume()
	}
}
