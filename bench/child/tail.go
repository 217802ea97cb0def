package child

import (
	"strings"
	"sync"
)

// maxTailBytes bounds what is kept of a child's output. Overflow: the oldest is forgotten.
const maxTailBytes = 8 << 10

// tail keeps the end of what a process writes. Safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - maxTailBytes; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
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
