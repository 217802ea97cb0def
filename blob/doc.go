// Package blob keeps the files that users send each other: under names that cannot be guessed, for as long as messages, and
// never half of one.
//
// A file comes into a Draft of a Spool first, of which nobody sees anything; a Store takes it from there in one step. Disk is the
// Store that a node has of its own; package blobtest has what every Store must do.
package blob
