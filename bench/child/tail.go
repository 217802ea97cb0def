package child

import (
	"strings"
	"sync"
)

// maxTailBytes bounds what is kept of a child's output, what a node says that does not end included. Overflow: the oldest is forgotten.
const maxTailBytes = 512 << 10

// tail keeps the end of what a process writes, maxTailBytes to twice that. Safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > 2*maxTailBytes { // not with every line
		t.text = append(t.text[:0], t.text[len(t.text)-maxTailBytes:]...)
	}
	return len(p), nil
}

// lastLine leaves out how to get help: what is before that says what is wrong.
func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	last := len(lines) - 1
	if last > 0 && strings.HasPrefix(lines[last], "Run '") {
		last--
	}
	return lines[last]
}
