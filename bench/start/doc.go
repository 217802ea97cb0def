// Package start measures how a node starts on a directory that holds much: how long until it is ready and until it has
// acknowledged a message, and what memory it takes, with so many users asleep in the log and so many bytes of messages.
//
//	report, err := start.Run(ctx, start.Options{Binary: self, Users: 1_000_000, Bytes: 1 << 30, Starts: 3})
//
// A run fills a fresh directory through a real node: groups of thousands of members whose names are long (REST), and
// messages of random text between friends (Socket.IO). The node itself counts what it stored, so that a run knows that
// every user has something in the log before it goes on. Then the node is started again and again, in three ways: on the
// directory while it held nearly nothing, after a stop in good order, and after a SIGKILL in the middle of a burst of
// messages. After each start it is asked for its memory, for one message, for users that sleep, and for logins of such.
//
// NB: the page cache stays as it is: what was written a minute before is read from memory, not from the disk. Emptying it
// takes privileges and would slow down everything else on the machine; a start after a boot of the machine reads the same
// bytes from the disk.
//
// Run is for one goroutine; all that it starts has ended when it returns, the node included.
package start
