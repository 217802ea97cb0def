// Package auth keeps the apps with their keys and says which callers hold one.
//
// The apps are a fold over the cluster's own log im.Apps: Open loads it, Ensure and Create append to it. Every writer
// uses the zero epoch and names the seq that it has folded, so that of two writers at once one is refused, folds what
// the other wrote, and decides anew. An Apps knows what the log held at Open or at its own last attempt to write.
//
// The checks (VerifySign, VerifyKey) read an immutable snapshot without locks and compare in constant time. Signatures
// follow the MaxIM protocol: MD5 over time and key, reused for as long as a client likes, and therefore without a
// check of freshness. They keep strangers out of an app; they do not tell its users apart.
//
// An Apps is safe for concurrent use and starts no goroutine.
package auth
