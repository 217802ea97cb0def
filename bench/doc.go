// Package bench measures parley against the limits of the libraries that it is built from, on one machine and in one
// run: a bare loop of Raft proposals, the log, and actors on the log. Run it with `make bench`; the figures of a
// machine are in bench/results.
//
// It holds no code that a program links.
package bench
