package child

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test binary plays all parts: a server (serve ADDR), one that cannot start (fail), one that ignores SIGTERM
// (stubborn ADDR), and a parent that is killed (parent ADDR).
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		play(os.Args[1:])
		return
	}
	goleak.VerifyTestMain(m)
}

func play(args []string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch args[0] {
	case "fail":
		fmt.Fprintln(os.Stderr, "first line\nno such thing")
		os.Exit(3)
	case "parent":
		_, err := Start(ctx, command("serve", args[1]))
		fmt.Println("started", err)
		select {}
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		ctx = context.Background()
	}
	go http.ListenAndServe(args[1], http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { //nolint:errcheck // the test sees it
		fmt.Fprint(w, strings.Join(os.Environ(), "\n"))
	}))
	<-ctx.Done()
}

func command(part, addr string) Command {
	return Command{Path: os.Args[0], Args: []string{part, addr}, Ready: "http://" + addr + "/"}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addrs, err := FreeAddrs(1)
	if err != nil {
		t.Fatal(err)
	}
	return addrs[0]
}

func listens(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err == nil {
		c.Close()
	}
	return err == nil
}

func TestStart_ReturnsAServerThatAnswersUntilStop(t *testing.T) {
	addr := freeAddr(t)
	p, err := Start(t.Context(), command("serve", addr))
	if err != nil {
		t.Fatal(err)
	}
	if !listens(addr) {
		t.Error("started, but nobody listens")
	}
	if err := p.Stop(); err != nil || p.Stop() != nil {
		t.Errorf("stop: %v", err)
	}
	if listens(addr) {
		t.Error("stopped, but somebody listens")
	}
}

func TestStart_ChildEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	addr := freeAddr(t)
	p, err := Start(ctx, command("serve", addr))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-p.Done()
	if listens(addr) || p.Stop() != nil {
		t.Errorf("the child outlived its context: %v", p.Stop())
	}
}

func TestStart_SaysWhyAChildDidNotStart(t *testing.T) {
	_, err := Start(t.Context(), command("fail", freeAddr(t)))
	if err == nil || !strings.Contains(err.Error(), "no such thing") || strings.Contains(err.Error(), "first line") {
		t.Errorf("got %v, want the last line of the child", err)
	}
	if _, err := Start(t.Context(), Command{Path: "/no/such/parley"}); err == nil || !strings.Contains(err.Error(), "/no/such/parley") {
		t.Errorf("got %v, want the path", err)
	}
}

func TestStop_KillsWhoDoesNotListen(t *testing.T) {
	c := command("stubborn", freeAddr(t))
	c.Grace = 50 * time.Millisecond
	p, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("a killed child ended well: %v", err)
	}
}

// Kill does not ask: a server that ignores SIGTERM is gone at once, long before its grace is over.
func TestKill_EndsTheServerWithoutAsking(t *testing.T) {
	addr := freeAddr(t)
	c := command("stubborn", addr)
	c.Grace = time.Hour
	p, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.Pid(), 0); err != nil {
		t.Errorf("no process %d: %v", p.Pid(), err)
	}
	p.Kill()
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "killed") || listens(addr) {
		t.Errorf("got %v, want a server that was killed", err)
	}
}

// Killed without a word, a benchmark leaves no server behind.
func TestStart_ChildDiesWithItsParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a child with its parent")
	}
	addr := freeAddr(t)
	parent := exec.Command(os.Args[0], "parent", addr)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 64)
	n, _ := out.Read(line)
	if got := string(line[:n]); got != "started <nil>\n" || !listens(addr) {
		t.Fatalf("the parent said %q", got)
	}
	parent.Process.Kill()
	parent.Wait()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for listens(addr) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the child outlived its parent")
		}
	}
}

func TestEnvironment_DropsParleysOwn(t *testing.T) {
	t.Parallel()
	got := environment([]string{"HOME=/x", "PARLEY_CONFIG=/etc/parley.yaml", "GOMAXPROCS=1"})
	if want := []string{"HOME=/x", "GOMAXPROCS=1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTail_KeepsTheEnd(t *testing.T) {
	t.Parallel()
	var out tail
	for i := range 200_000 {
		fmt.Fprintf(&out, "line %d\n", i)
	}
	if got := out.lastLine(); got != "line 199999" || len(out.text) < maxTailBytes || len(out.text) > 2*maxTailBytes {
		t.Errorf("last line %q of %d bytes", got, len(out.text))
	}
	fmt.Fprintln(&out, "parley: serve: no\nRun 'parley help serve' for usage.")
	if got := out.lastLine(); got != "parley: serve: no" {
		t.Errorf("last line %q, want what is wrong", got)
	}
}
