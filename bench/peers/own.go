package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"

	"github.com/parley-im/parley/bench/child"
	"github.com/parley-im/parley/bench/fanout"
)

// planParley plans a node on free ports and a directory of its own, as `parley bench fanout` does.
func planParley(binary string) func(fanout.Scenario) (*plan, error) {
	return func(s fanout.Scenario) (*plan, error) {
		addrs, err := child.FreeAddrs(4)
		if err != nil {
			return nil, err
		}
		key, url := rand.Text(), "http://"+addrs[0]
		protocol, err := fanout.NewMaxIM(url, "bench", key, s.Revision)
		if err != nil {
			return nil, err
		}
		dir, err := os.MkdirTemp("", "parley-peers-")
		if err != nil {
			return nil, err
		}
		return &plan{protocol: protocol, admin: "http://" + addrs[1], dir: dir, command: child.Command{
			Path: binary, Ready: url + "/readyz", Args: []string{
				"serve", "--data", filepath.Join(dir, "data"), "--listen", addrs[0], "--admin-listen", addrs[1],
				"--raft-listen", addrs[2], "--actor-listen", addrs[3], "--app", "bench:" + key + ":" + rand.Text(),
				"--limit-room-members", strconv.Itoa(s.MostInRoom()),
			},
		}}, nil
	}
}

// planLimit plans a bare program (bench/writeloop), which parley's executable holds.
func planLimit(binary, strategy string) func(fanout.Scenario) (*plan, error) {
	return func(s fanout.Scenario) (*plan, error) {
		addrs, err := child.FreeAddrs(1)
		if err != nil {
			return nil, err
		}
		url := "http://" + addrs[0]
		protocol, err := fanout.NewMaxIM(url, "bench", "none", s.Revision)
		return &plan{protocol: protocol, command: child.Command{
			Path: binary, Ready: url + "/readyz", Args: []string{"bench", "write-loop", "--listen", addrs[0], "--strategy", strategy},
		}}, err
	}
}
