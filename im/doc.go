// Package im is parley's vocabulary: identifiers, addresses, message content, log entries, limits and errors.
//
// Every other package speaks in these terms, so this one imports the standard library only and decides nothing.
// All values but Fence are plain data: safe to copy, and safe for concurrent reads once built.
package im
