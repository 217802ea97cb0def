// Package polltest is an Engine.IO client for tests that polls, and upgrades to WebSocket. It shares no code with package
// engineio, and lets a test send anything.
//
// Get, Post and Do may be called from several goroutines, but not Must-methods, which fail the test. Nothing takes longer
// than wstest.Timeout.
package polltest
