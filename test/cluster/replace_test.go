package cluster

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

const (
	// fillers talk at a time to strangers of theirs, in as many conversations; each says fillLength random bytes at a time.
	fillers    = 24
	fillLength = 45 << 10
)

// The disk of one of three nodes is lost, and one command and an empty directory bring all of it back: the node votes everywhere, and
// all hold the same. With PARLEY_SOAK it is a gigabyte, which must be back within a minute.
func TestReplace_BringsALostDiskBack(t *testing.T) {
	soak := os.Getenv("PARLEY_SOAK") != ""
	goal := int64(32 << 20)
	if soak {
		goal = 1 << 30
	} else {
		t.Parallel()
	}
	c := servertest.StartCluster(t, 3)
	began := time.Now()
	filled := fill(t, c, goal)
	said := time.Since(began)
	lost, via := c.Nodes[2], c.Nodes[0]
	lost.Kill()
	if err := os.RemoveAll(lost.Dir); err != nil {
		t.Fatal(err)
	}
	lost.AddFlags("--join", via.ActorListen)
	lost.SetFlag("--peers", "")

	replaced := time.Now()
	do(t, via, "replace", lost.Name)
	lost.Restart()
	up := time.Since(replaced)
	awaitMember(t, via, lost.Name)
	took := time.Since(replaced)
	t.Logf("%d MB are back after %v, the node was up after %v", filled>>20, took, up)
	if took > time.Minute {
		t.Errorf("it took %v, want a minute at most", took)
	}
	back := storedBytes(t, lost)
	if back < filled*9/10 {
		t.Errorf("%d bytes are back of %d", back, filled)
	}
	sameEverywhere(t, c.Nodes)
	if soak {
		writeReport(t, "replace", began, fmt.Sprintf("# Replace: a lost disk of %d MB\n\n"+
			"`make soak`, on %s, commit %s; load average over a minute %s at the end. Three processes share the machine.\n\n"+
			"%d conversations said %d MB of random text in %v. Then a node was killed, its data directory removed, `parley cluster replace` run, and the\n"+
			"node started with `--join` on an empty directory. Its clients could log in after %v, and it voted in all 17 shards after **%v**, %d MB on its\n"+
			"disk; `parley doctor verify` found all shards the same on the three nodes.\n",
			filled>>20, machine(), commit(), load(), fillers, filled>>20, said.Round(time.Second), ms(up), ms(took), back>>20))
	}
}

// fill has strangers say so much that the store of each node holds goal bytes, and returns how much the last one's does.
func fill(t *testing.T, c *servertest.Cluster, goal int64) int64 {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var saying sync.WaitGroup
	for i := range fillers {
		n, user := c.Nodes[i%len(c.Nodes)], fmt.Sprint("filler", i)
		saying.Go(func() {
			if err := sayMuch(ctx, n, user); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	last := c.Nodes[len(c.Nodes)-1]
	within := time.Now().Add(10 * time.Minute)
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for storedBytes(t, last) < goal && time.Now().Before(within) && !t.Failed() {
		<-look.C
	}
	stop()
	saying.Wait()
	stored := storedBytes(t, last)
	if stored < goal {
		t.Fatalf("%d bytes are stored, want %d", stored, goal)
	}
	return stored
}

// sayMuch has a user say one long message after the other to a stranger until ctx ends. Where a busy disk makes an election take long,
// sessions that may have missed something are closed: the user comes back.
func sayMuch(ctx context.Context, n *servertest.Node, user string) error {
	to := client.To{ID: user + "-stranger", Type: client.Stranger}
	other, err := dial(ctx, n, client.Options{User: to.ID}) // there is nobody who has never been there
	if err != nil {
		return err
	}
	other.Cut()
	again := time.NewTicker(breath)
	defer again.Stop()
	for ; ctx.Err() == nil; <-again.C {
		c, err := dial(ctx, n, client.Options{User: user})
		if err != nil {
			continue // it has no majority yet
		}
		err = sayUntilCut(ctx, c, to)
		c.Cut()
		if err != nil {
			return fmt.Errorf("%s: %w", user, err)
		}
	}
	return nil
}

// sayUntilCut says one long message after the other until ctx ends or the session does.
func sayUntilCut(ctx context.Context, c *client.Conn, to client.To) error {
	answers := make(chan client.Answer, 1)
	random := make([]byte, fillLength)
	for {
		rand.Read(random) //nolint:errcheck // it never fails
		if err := c.Say(client.TextTo(to, base64.StdEncoding.EncodeToString(random)), func(a client.Answer) { answers <- a }); err != nil {
			return nil //nolint:nilerr // the session has ended, which is no fault: its user comes back
		}
		select {
		case a := <-answers:
			if !a.Success && a.Error != 5013 && a.Error != 5014 {
				return fmt.Errorf("refused with %d", a.Error)
			}
		case <-c.Done():
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// storedBytes is what the tables of a node's store take on its disk.
func storedBytes(t *testing.T, n *servertest.Node) (bytes int64) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(n.Dir, "store"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".sst") {
			if info, err := d.Info(); err == nil { // it may be gone by now
				bytes += info.Size()
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
