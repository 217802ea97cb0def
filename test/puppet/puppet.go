package puppet

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
)

// Deadline bounds every wait for a client. Ten pages of a browser share two cores with all else that is tested, and have taken 50 s for
// what they do in 20 by themselves.
const Deadline = 3 * servertest.Patience

// Puppet is one client in a Node process of its own. Its methods end the test when the client does not do what it is told.
type Puppet struct {
	T *testing.T
	// Name is for failures.
	Name string

	stdin  io.WriteCloser
	exited chan struct{}

	mu struct {
		sync.Mutex
		next    int
		replies map[int]chan reply
		events  []Event
		changed chan struct{} // closed and replaced whenever events grows or the process ends
		stderr  []byte
	}
}

// Event is something that the client heard.
type Event struct {
	Name string
	// Arg is the first argument, null when there was none.
	Arg json.RawMessage
}

type reply struct {
	Result json.RawMessage `json:"result"`
	Error  *string         `json:"error"`
}

// line is one line from the puppet: a reply or an event.
type line struct {
	ID int `json:"id"`
	reply
	Event string            `json:"event"`
	Args  []json.RawMessage `json:"args"`
}

// Start runs `node args` in the directory of the test, with the address of s in PARLEY_ADDR (HOST:PORT) and PARLEY_URL. The process ends with the
// test.
func Start(t *testing.T, s *servertest.Node, name string, args ...string) *Puppet {
	t.Helper()
	p := &Puppet{T: t, Name: name, exited: make(chan struct{})}
	p.mu.replies, p.mu.changed = make(map[int]chan reply), make(chan struct{})
	cmd := exec.Command("node", args...)
	cmd.Env = append(os.Environ(), "PARLEY_ADDR="+s.Listen, "PARLEY_URL="+s.URL())
	if s.CA != "" {
		cmd.Env = append(cmd.Env, "NODE_EXTRA_CA_CERTS="+s.CA)
	}
	cmd.Stderr = stderr{p}
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(cmd, stdout)
	t.Cleanup(func() {
		_ = p.stdin.Close() // a puppet ends with its stdin
		_ = cmd.Process.Kill()
		<-p.exited
	})
	return p
}

// read takes lines until the process ends.
func (p *Puppet) read(cmd *exec.Cmd, stdout io.Reader) {
	defer close(p.exited)
	in := bufio.NewScanner(stdout)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var l line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			l = line{Event: "noise", Args: []json.RawMessage{json.RawMessage(fmt.Sprintf("%q", in.Text()))}}
		}
		p.take(l)
	}
	_ = cmd.Wait() // its end is what matters, not its code
	p.take(line{Event: "exit"})
}

func (p *Puppet) take(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.Event == "" {
		p.mu.replies[l.ID] <- l.reply
		delete(p.mu.replies, l.ID)
		return
	}
	e := Event{Name: l.Event, Arg: json.RawMessage("null")}
	if len(l.Args) > 0 {
		e.Arg = l.Args[0]
	}
	p.mu.events = append(p.mu.events, e)
	close(p.mu.changed)
	p.mu.changed = make(chan struct{})
}

// Do runs a verb and returns its result.
func (p *Puppet) Do(verb string, args ...any) json.RawMessage {
	p.T.Helper()
	p.mu.Lock()
	p.mu.next++
	id, answer := p.mu.next, make(chan reply, 1)
	p.mu.replies[id] = answer
	p.mu.Unlock()
	command, err := json.Marshal(map[string]any{"id": id, "do": verb, "args": append([]any{}, args...)})
	if err != nil {
		p.T.Fatal(err)
	}
	if _, err := p.stdin.Write(append(command, '\n')); err != nil {
		p.T.Fatalf("%s: %s: %v\n%s", p.Name, verb, err, p.Trouble())
	}
	select {
	case r := <-answer:
		if r.Error != nil {
			p.T.Fatalf("%s: %s %.100v: %s", p.Name, verb, args, *r.Error)
		}
		return r.Result
	case <-p.exited:
		p.T.Fatalf("%s: the process ended during %s\n%s", p.Name, verb, p.Trouble())
	case <-time.After(Deadline):
		p.T.Fatalf("%s: no answer to %s %.100v after %v\n%s", p.Name, verb, args, Deadline, p.Trouble())
	}
	return nil
}

// Heard returns a copy of what the client has heard so far, of the given names, or everything.
func (p *Puppet) Heard(names ...string) []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.mu.events), func(e Event) bool {
		return len(names) > 0 && !slices.Contains(names, e.Name)
	})
}

// Await returns the first event of that name for which match holds; nil matches every one. match may see an event
// several times.
func (p *Puppet) Await(name string, match func(json.RawMessage) bool) json.RawMessage {
	p.T.Helper()
	return p.AwaitNth(name, 1, match)
}

// AwaitNth returns the nth such event since the start.
func (p *Puppet) AwaitNth(name string, n int, match func(json.RawMessage) bool) json.RawMessage {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.T.Context(), Deadline)
	defer cancel()
	for {
		p.mu.Lock()
		changed := p.mu.changed
		p.mu.Unlock()
		hits := slices.DeleteFunc(p.Heard(name), func(e Event) bool { return match != nil && !match(e.Arg) })
		if len(hits) >= n {
			return hits[n-1].Arg
		}
		select {
		case <-changed:
		case <-ctx.Done():
			p.T.Fatalf("%s: no such %s after %v\n%s", p.Name, name, Deadline, p.Trouble())
		}
	}
}

// Exited is closed when the process has ended.
func (p *Puppet) Exited() <-chan struct{} { return p.exited }

// Trouble describes the puppet for a failure.
func (p *Puppet) Trouble() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := "it heard:\n"
	for _, e := range p.mu.events {
		text += "  " + e.Name + " " + string(e.Arg) + "\n"
	}
	return text + string(p.mu.stderr)
}

// stderr collects what the process complains about.
type stderr struct{ p *Puppet }

// Write implements io.Writer.
func (w stderr) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.p.mu.stderr = append(w.p.mu.stderr, b...)
	return len(b), nil
}
