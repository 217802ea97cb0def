// Package auth keeps the apps with their keys and settings, and says which callers hold a key.
//
// The apps are a register (package register) over the cluster's own log im.Apps: Open loads it, Ensure, Create and SetRetention append
// to it. An Apps knows what the log held at Open, at its own last attempt to write, and, while Run runs, about a second ago: what
// another node has saved counts here by then. Who names an app that is not known makes it read the log at once, at most once a
// second.
//
// The checks (VerifySign, VerifyKey) read an immutable snapshot without locks and compare in constant time. Signatures
// follow the MaxIM protocol: MD5 over time and key, reused for as long as a client likes, and therefore without a
// check of freshness. They keep strangers out of an app; they do not tell its users apart.
//
// An Apps is safe for concurrent use and starts no goroutine; Run is the caller's.
package auth
