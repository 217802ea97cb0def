package cluster

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
)

// What README.md shows of three nodes works when it is pasted: its commands run here in a shell, with only the ports and the
// binary exchanged.
func TestREADME_ThreeNodesStart(t *testing.T) {
	t.Parallel()
	r := newReader(t, "README.md", "## Three nodes\n")
	start, status := r.block("bin/parley serve", 3), r.block("bin/parley cluster status", 1)
	r.background(start)
	r.awaits(status, `(?s)node1 +up .*node2 +up .*node3 +up .*17 shards, each with a leader`)
}

// A node that is started without flags grows to three by what README.md says of that.
func TestREADME_OneNodeGrows(t *testing.T) {
	t.Parallel()
	r := newReader(t, "README.md", "## Nodes that come and go\n")
	first, more := r.block("bin/parley serve", 1), r.block("bin/parley cluster add", 2)
	r.defaults = map[string]string{
		"LISTEN": "127.0.0.1:8080", "ADMIN_LISTEN": "127.0.0.1:8081", "RAFT_LISTEN": "127.0.0.1:7081", "ACTOR_LISTEN": "127.0.0.1:7082",
	}
	r.background(first)
	const status = "bin/parley cluster status"
	r.awaits(status, `node1 +up .* member +17/17`)
	r.background(more)
	r.awaits(status, `(?s)node1 +up .* member +17/17 .*node2 +up .* member +17/17 .*node3 +up .* member +17/17`)
}

// reader pastes what a section of a document shows.
type reader struct {
	t      *testing.T
	blocks []string
	dir    string
	// ports are those that stand for the ones in the text, defaults those that are not in it, by their flags.
	ports, defaults map[string]string
}

// newReader reads the section below a heading, up to the next one; path is from the top of the tree.
func newReader(t *testing.T, path, heading string) *reader {
	t.Helper()
	text, err := os.ReadFile("../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), heading)
	section, _, _ = strings.Cut(section, "\n## ")
	r := &reader{t: t, dir: t.TempDir(), ports: map[string]string{}}
	for _, b := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(section, -1) {
		r.blocks = append(r.blocks, b[1])
	}
	return r
}

// block returns the first block in which a command is so many times.
func (r *reader) block(command string, times int) string {
	r.t.Helper()
	for _, b := range r.blocks {
		if strings.Count(b, command) == times {
			return b
		}
	}
	r.t.Fatalf("it shows no %q %d times: %q", command, times, r.blocks)
	return ""
}

func (r *reader) port(addr string) string {
	if r.ports[addr] == "" {
		r.ports[addr] = servertest.FreeAddrs(r.t, 1)[0]
	}
	return r.ports[addr]
}

// paste returns lines as a shell runs them.
func (r *reader) paste(lines string) *exec.Cmd {
	lines = strings.NewReplacer("go build -o bin/parley ./cmd/parley", "true", "bin/parley ", servertest.Binary(r.t)+" ").Replace(lines)
	lines = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllStringFunc(lines, r.port)
	cmd := exec.Command("sh", "-e", "-c", lines+"\nwait")
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), servertest.WatchRaces(r.t), "PARLEY_ADMIN=http://"+r.port("127.0.0.1:8081"))
	for flag := range maps.Keys(r.defaults) {
		cmd.Env = append(cmd.Env, "PARLEY_"+flag+"="+r.port(r.defaults[flag]))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// background runs lines until the test ends.
func (r *reader) background(lines string) {
	r.t.Helper()
	cmd := r.paste(lines)
	log, err := os.CreateTemp(r.dir, "log")
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // they may have ended
		cmd.Wait()                                      //nolint:errcheck // they were killed
		log.Close()                                     //nolint:errcheck // read below
		if r.t.Failed() {
			text, _ := os.ReadFile(log.Name())
			r.t.Logf("%s:\n%s", filepath.Base(log.Name()), text)
		}
	})
}

// awaits waits until a command says what is wanted.
func (r *reader) awaits(command, want string) {
	r.t.Helper()
	servertest.Eventually(r.t, command+" says "+want, func() bool {
		out, err := r.paste(command).Output()
		return err == nil && regexp.MustCompile(want).Match(out)
	})
}
