// Package bench measures parley against the limits of the libraries that it is built from, on one machine and in one
// run: a bare loop of Raft proposals, the log, and actors on the log. Run it with `make bench`; the figures of a
// machine are in bench/results.
//
// This package holds benchmarks only. Those below it are the load that `parley bench` links: fanout is an experiment,
// swarm and readers the clients, writeloop the baselines, scenarios the loads that are written down, start measures how a node starts on much state, connect what a connection
// costs, cluster what three nodes cost beside one; node, child and machine are what these need.
package bench
