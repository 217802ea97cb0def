package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/parley-im/parley/bench/child"
)

// NewCluster plans count nodes that are each other's peers, node1, node2 and so on, with one app. Each has a directory of that
// name below o.Dir, where the file with their secret is, too: it is made, and nothing is started.
func NewCluster(o Options, count int) ([]*Node, error) {
	addrs, err := child.FreeAddrs(count * addrsOfNode)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	secret := filepath.Join(o.Dir, "secret")
	if err := os.WriteFile(secret, []byte(rand.Text()+rand.Text()), 0o600); err != nil {
		return nil, err
	}
	var peers []string
	for i, of := range slices.Collect(slices.Chunk(addrs, addrsOfNode)) {
		peers = append(peers, fmt.Sprintf("%s=%s/%s", nameOf(i), of[2], of[3]))
	}
	var nodes []*Node
	a := drawApp()
	for i, of := range slices.Collect(slices.Chunk(addrs, addrsOfNode)) {
		member := o
		member.Dir = filepath.Join(o.Dir, nameOf(i))
		member.Flags = append([]string{"--node", nameOf(i), "--peers", strings.Join(peers, ","), "--cluster-secret-file", secret}, o.Flags...)
		nodes = append(nodes, plan(member, of, a))
	}
	return nodes, nil
}

func nameOf(i int) string { return fmt.Sprint("node", i+1) }

// StartAll starts nodes at the same time and returns when all are ready. Members of a cluster cannot start one after the other:
// none is ready without a majority.
func StartAll(ctx context.Context, nodes []*Node) error {
	return all(nodes, func(n *Node) error {
		_, err := n.Start(ctx)
		return err
	})
}

// StopAll ends nodes in good order, those that run, at the same time.
func StopAll(nodes []*Node) error { return all(nodes, (*Node).Stop) }

func all(nodes []*Node, do func(*Node) error) error {
	errs := make([]error, len(nodes))
	var doing sync.WaitGroup
	for i, n := range nodes {
		doing.Go(func() { errs[i] = do(n) })
	}
	doing.Wait()
	return errors.Join(errs...)
}
