// Command capacity makes docs/capacity.md, which says what a core carries and how many of them a load needs, from the newest results of
// make bench-peers:
//
//	go run ./bench/capacity
//
// The page is made, so that nobody has to remember which of its figures follow from which. A test fails while it says something else.
package main
