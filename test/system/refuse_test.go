package system

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// What a person mistyped on the command line is a usage error: exit 2, and nothing was made.
func TestRefuse_WrongFlagsExitTwo(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
	}{
		{"unknown flag", []string{"--no-such-flag"}},
		{"no number", []string{"--shards", "many"}},
		{"no duration", []string{"--retention", "a week"}},
		{"no address", []string{"--listen", "nowhere"}},
		{"half an app", []string{"--app", "onlyanid"}},
		{"an argument", []string{"please"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := servertest.New(t, c.flags...)
			n.Launch()
			if code := n.AwaitExit(); code != 2 {
				t.Errorf("exit code %d, want 2\n%s", code, n.Stderr())
			}
			if _, err := os.Stat(n.Dir); !os.IsNotExist(err) {
				t.Errorf("the data directory was made: %v", err)
			}
		})
	}
}

// Each case is something that an operator can meet at start. The server must say what is wrong in one line, exit 1,
// and leave every byte of the directory as it was.
func TestRefuse_BadSurroundingsExitOneAndDamageNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *servertest.Node)
		// says is what the line must name.
		says string
	}{
		{"occupied client port", func(t *testing.T, n *servertest.Node) { used(t, n); occupy(t, n.Listen) }, "listen"},
		{"occupied admin port", func(t *testing.T, n *servertest.Node) { used(t, n); occupy(t, n.AdminListen) }, "listen"},
		{"occupied raft port", func(t *testing.T, n *servertest.Node) { used(t, n); occupy(t, n.RaftListen) }, "listen"},
		{"directory below a file", belowFile, "data"},
		{"foreign directory", foreign, "data"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := servertest.New(t)
			c.prepare(t, n)
			around := filepath.Dir(n.Dir)
			before, printed := content(t, around), n.Stderr()
			n.Launch()
			if code := n.AwaitExit(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			oneClearLine(t, strings.TrimPrefix(n.Stderr(), printed), c.says)
			sameContent(t, before, content(t, around))
		})
	}
}

// dragonboat puts the host's name into its folder: on a host of another name it would begin with an empty log. So the
// start is refused, and on the old host everything is still there.
func TestRefuse_ChangedHostName(t *testing.T) {
	elsewhere := []string{"unshare", "--uts", "sh", "-c", `hostname elsewhere && exec "$@"`, "sh"}
	if out, err := exec.Command(elsewhere[0], append(slices.Clone(elsewhere[1:]), "true")...).CombinedOutput(); err != nil {
		t.Skipf("a process with another host name needs root and util-linux: %v %s", err, out)
	}
	n := servertest.Start(t)
	v := populate(t, n)
	answers := v.answers(t, n)
	n.Terminate()
	before := content(t, n.Dir)
	cmd := exec.Command(elsewhere[0], slices.Concat(elsewhere[1:], []string{servertest.Binary(t)}, n.Args())...)
	cmd.Env = append(os.Environ(), servertest.WatchRaces(t))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
	oneClearLine(t, string(out), "host")
	sameContent(t, before, content(t, n.Dir))
	n.Restart()
	sameAnswers(t, answers, v.answers(t, n))
}

// A directory that a running server holds is refused, and the one that holds it goes on as if nothing had been.
func TestRefuse_DirectoryInUse(t *testing.T) {
	holder, n := servertest.Start(t), servertest.New(t)
	v := populate(t, holder)
	before := v.answers(t, holder)
	n.Dir = holder.Dir
	n.Launch()
	if code := n.AwaitExit(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	oneClearLine(t, n.Stderr(), "use")
	sameAnswers(t, before, v.answers(t, holder))
	tom := login(t, holder, "tom", client.Options{})
	sayAndWait(t, tom, client.Text("jerry", "still here"))
}

// After the cause is gone the same directory starts again, with everything in it.
func TestRefuse_StartsAgainWhenThePortIsFree(t *testing.T) {
	n := servertest.Start(t)
	v := populate(t, n)
	before := v.answers(t, n)
	n.Terminate()
	l, err := net.Listen("tcp", n.Listen)
	if err != nil {
		t.Fatal(err)
	}
	n.Launch()
	if code := n.AwaitExit(); code != 1 {
		t.Errorf("exit code %d, want 1\n%s", code, n.Stderr())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	n.Restart()
	sameAnswers(t, before, v.answers(t, n))
}

// used makes a directory that a server ran in and left.
func used(t *testing.T, n *servertest.Node) {
	t.Helper()
	n.Restart()
	if code := n.Terminate(); code != 0 {
		t.Fatalf("exit code %d, want 0\n%s", code, n.Stderr())
	}
}

func occupy(t *testing.T, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
}

// belowFile points --data below a regular file: not even root can write there.
func belowFile(t *testing.T, n *servertest.Node) {
	t.Helper()
	write(t, n.Dir, "a file")
	n.Dir = filepath.Join(n.Dir, "data")
}

// foreign makes a directory that somebody else keeps things in.
func foreign(t *testing.T, n *servertest.Node) {
	t.Helper()
	write(t, filepath.Join(n.Dir, "holiday.txt"), "not ours")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func oneClearLine(t *testing.T, output, says string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if len(lines) != 1 || !strings.Contains(strings.ToLower(lines[0]), says) {
		t.Errorf("want one line that names %q, got:\n%s", says, output)
	}
}

// content reads every file below dir, and notes directories; what is no directory reads as nothing.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			out[path] = "directory"
			return nil //nolint:nilerr // what is missing is compared as missing
		}
		b, err := os.ReadFile(path)
		out[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sameContent(t *testing.T, before, after map[string]string) {
	t.Helper()
	for path, want := range before {
		if got, ok := after[path]; !ok || got != want {
			t.Errorf("%s changed: it was %d bytes, is %d (there: %v)", path, len(want), len(got), ok)
		}
	}
	for path := range after {
		if _, ok := before[path]; !ok {
			t.Errorf("%s was made", path)
		}
	}
}
