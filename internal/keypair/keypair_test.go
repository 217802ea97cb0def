package keypair_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/parley-im/parley/cluster/certs/certstest"
	"github.com/parley-im/parley/internal/keypair"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var host = certstest.Node{Hosts: []string{"im.example.org"}}

// issue makes a pair in a directory of its own.
func issue(t *testing.T, n certstest.Node) keypair.Files {
	t.Helper()
	return issueIn(t, certstest.NewCA(t), t.TempDir(), n)
}

// issueIn makes a pair over that in dir.
func issueIn(t *testing.T, ca *certstest.CA, dir string, n certstest.Node) keypair.Files {
	t.Helper()
	files := ca.Issue(t, dir, n)
	return keypair.Files{Cert: files.Cert, Key: files.Key}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What is wrong with the files is said in one line, which names flag and file. A pipe is refused, not waited for.
//
// Checked by breaking it: without the look at what kind of file it is, the pipe hangs; the pair of two is taken when X509KeyPair's error is dropped.
func TestOpen_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	good, other, dir := issue(t, host), issue(t, host), t.TempDir()
	empty := write(t, filepath.Join(dir, "empty"), "")
	locked := write(t, filepath.Join(dir, "locked"), string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})))
	damaged := write(t, filepath.Join(dir, "damaged"), strings.Replace(content(t, good.Cert), "M", "N", 1))
	long := write(t, filepath.Join(dir, "long"), strings.Repeat("x", 1<<20+1))
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		files keypair.Files
		want  string
	}{
		{keypair.Files{Cert: dir + "/none", Key: good.Key}, "tls-cert: stat " + dir + "/none: no such file"},
		{keypair.Files{Cert: good.Cert, Key: dir + "/none"}, "tls-key: stat " + dir + "/none: no such file"},
		{keypair.Files{Cert: dir, Key: good.Key}, "tls-cert: read " + dir + ": is a directory"},
		{keypair.Files{Cert: pipe, Key: good.Key}, "tls-cert: " + pipe + ": is no regular file"},
		{keypair.Files{Cert: good.Cert, Key: long}, "tls-key: " + long + ": has 1048577 bytes"},
		{keypair.Files{Cert: empty, Key: good.Key}, "tls-cert " + empty + ": holds no certificate"},
		{keypair.Files{Cert: good.Cert, Key: empty}, "tls-key " + empty + ": holds no private key"},
		{keypair.Files{Cert: good.Cert, Key: locked}, "tls-key " + locked + ": is encrypted"},
		{keypair.Files{Cert: good.Key, Key: good.Cert}, "tls-cert " + good.Key + ": holds no certificate"},
		{keypair.Files{Cert: damaged, Key: good.Key}, "or one of the two is damaged"},
		{keypair.Files{Cert: good.Cert, Key: other.Key}, "is not the key of tls-cert " + good.Cert},
	} {
		if _, err := keypair.Open(row.files, "tls", nil); err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want one line with %q", err, row.want)
		}
	}
}

// Both files, or none. Both may be one.
func TestFiles_AreTwoOrNone(t *testing.T) {
	t.Parallel()
	for _, f := range []keypair.Files{{Cert: "c"}, {Key: "k"}} {
		if err := f.Validate("tls"); err == nil || f.None() {
			t.Errorf("%+v was taken", f)
		}
	}
	for _, f := range []keypair.Files{{}, {Cert: "c", Key: "k"}} {
		if err := f.Validate("tls"); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
	two := issue(t, host)
	one := write(t, filepath.Join(t.TempDir(), "one.pem"), content(t, two.Cert)+content(t, two.Key))
	if _, err := keypair.Open(keypair.Files{Cert: one, Key: one}, "tls", nil); err != nil {
		t.Error(err)
	}
}

// follower is a Watched with its log, whose clock goes by look.
type follower struct {
	*keypair.Watched
	t   *testing.T
	log *journal
	end func()
}

// journal keeps what is written to it. Safe for concurrent use.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// follow opens the files inside a bubble of synctest.
func follow(t *testing.T, files keypair.Files) *follower {
	t.Helper()
	f := &follower{t: t, log: &journal{}}
	var err error
	if f.Watched, err = keypair.Open(files, "tls", slog.New(slog.NewTextHandler(f.log, nil))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.Run(ctx)
	}()
	f.end = func() { cancel(); <-ended }
	return f
}

// pass lets time go by, and the looks that are due in it end.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// look is as long as there is between two looks.
const look = 5 * time.Second

func (f *follower) shown() string {
	f.t.Helper()
	c, err := f.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		f.t.Fatal(err)
	}
	return c.Leaf.SerialNumber.String()
}

func (f *follower) logged(text string, times int) {
	f.t.Helper()
	if n := strings.Count(f.log.String(), text); n != times {
		f.t.Errorf("%q is in the log %d times, want %d:\n%s", text, n, times, f.log)
	}
}

// However the files are replaced, the pair counts at the next look.
//
// Checked by breaking it: an in-place renewal within one tick of the file system's clock goes unnoticed when files are compared by size and time alone.
func TestWatched_FollowsHoweverFilesAreReplaced(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(t *testing.T, from, to keypair.Files){
		"renamed over": func(t *testing.T, from, to keypair.Files) {
			rename(t, from.Cert, to.Cert)
			rename(t, from.Key, to.Key)
		},
		"written over, and dated back": func(t *testing.T, from, to keypair.Files) {
			for a, b := range map[string]string{from.Cert: to.Cert, from.Key: to.Key} {
				before, err := os.Stat(b)
				if err != nil {
					t.Fatal(err)
				}
				write(t, b, content(t, a))
				if err := os.Chtimes(b, time.Time{}, before.ModTime()); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, fresh := t.TempDir(), t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				ca := certstest.NewCA(t)
				files := issueIn(t, ca, dir, host)
				f := follow(t, files)
				defer f.end()
				first := f.shown()
				replace(t, issueIn(t, ca, fresh, host), files)
				if f.shown() != first {
					t.Error("it counts before it was looked at")
				}
				pass(look)
				if f.shown() == first {
					t.Error("it does not count")
				}
				f.logged("read again", 1)
				pass(10 * look)
				f.logged("read again", 1)
			})
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// A secret that Kubernetes mounts: the files are links into a directory that is itself a link, which is exchanged.
func TestWatched_FollowsALinkThatIsExchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ca := certstest.NewCA(t)
		for _, version := range []string{"one", "two"} {
			if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
				t.Fatal(err)
			}
			ca.Issue(t, filepath.Join(dir, version), host)
		}
		link(t, "one", filepath.Join(dir, "..data"))
		files := keypair.Files{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
		link(t, "..data/node.crt", files.Cert)
		link(t, "..data/node.key", files.Key)
		f := follow(t, files)
		defer f.end()
		first := f.shown()
		link(t, "two", filepath.Join(dir, "..data_tmp"))
		rename(t, filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))
		if err := os.RemoveAll(filepath.Join(dir, "one")); err != nil {
			t.Fatal(err)
		}
		pass(look)
		if f.shown() == first {
			t.Error("it does not count")
		}
	})
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// Half of a renewal that is whole at the next look is not even told; one that stays half is, once, and what was read before stays until it is whole.
//
// Checked by breaking it: the log has a line more when the first doubt is told, and many when what was told is not kept.
func TestWatched_HalfOfARenewalChangesNothing(t *testing.T) {
	t.Parallel()
	dir, fresh := t.TempDir(), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ca := certstest.NewCA(t)
		files := issueIn(t, ca, dir, host)
		f := follow(t, files)
		defer f.end()
		renew := func(between time.Duration) (before, during, after string) {
			next := issueIn(t, ca, fresh, host)
			before = f.shown()
			rename(t, next.Cert, files.Cert)
			pass(between)
			during = f.shown()
			rename(t, next.Key, files.Key)
			pass(look)
			return before, during, f.shown()
		}
		for _, slow := range []struct {
			between time.Duration
			told    int
		}{{look, 0}, {6 * look, 1}} {
			before, during, after := renew(slow.between)
			if during != before || after == before {
				t.Errorf("after %v: shows %s, then %s, then %s", slow.between, before, during, after)
			}
			f.logged("stays in use", slow.told)
		}
		f.logged("is not the key of tls-cert", 1)

		rename(t, files.Key, files.Key+".away")
		before := f.shown()
		pass(6 * look)
		rename(t, files.Key+".away", files.Key)
		pass(look)
		if f.shown() != before {
			t.Error("a file that went away and came back is another pair")
		}
		f.logged("tls-key: stat", 1)
		f.logged("read again", 3)
	})
}

// From 14 days before its end the log says so, once a day, and when it is over; a renewal ends that.
//
// Checked by breaking it: one line is missing, or there are thousands, when what was said is not noted or never forgotten.
func TestWatched_SaysThatTheEndComes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		ca := certstest.NewCA(t)
		until := func(d time.Duration) certstest.Node {
			return certstest.Node{Hosts: host.Hosts, Until: time.Now().Add(d)}
		}
		f := follow(t, issueIn(t, ca, dir, until(16*day)))
		defer f.end()
		pass(day)
		f.logged("expires soon", 0)
		if left := f.Left(); left != 15*day {
			t.Errorf("%v are left", left)
		}
		pass(2*day + look)
		f.logged("expires soon", 2)
		ca.Issue(t, dir, until(90*day))
		pass(look)
		f.logged("expires soon", 2)
		ca.Issue(t, dir, until(day/2))
		pass(look)
		f.logged("expires soon", 3)
		f.logged("has expired", 0)
		pass(day / 2)
		f.logged("has expired", 1)
		pass(day)
		f.logged("has expired", 2)
		f.logged("expires soon", 3)
		if f.Left() > 0 {
			t.Error("something is left")
		}
	})
}

// A key that others may read, and a certificate for a time to come, are taken with a warning.
func TestOpen_Warns(t *testing.T) {
	t.Parallel()
	files := issue(t, certstest.Node{From: time.Now().Add(time.Hour), Until: time.Now().Add(1000 * time.Hour)})
	if err := os.Chmod(files.Key, 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if _, err := keypair.Open(files, "tls", slog.New(slog.NewTextHandler(&log, nil))); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"not valid yet", "chmod 600"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, log.String())
		}
	}
}
