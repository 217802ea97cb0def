// Package machine says on what a benchmark ran: a figure without its machine means nothing.
//
// Describe names the machine for the result of a run, CPU tells what this process itself has used of it, since a load
// generator that shares the machine with the server takes from the server what it uses. Both are cheap, keep no state
// and may be called at any time from any goroutine.
package machine
