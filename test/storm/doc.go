// Package storm sends every message again and again while servers are killed, and decides whether each took effect once.
//
// Five participants, four users and a passenger, talk in four conversations: two friends, a group, two strangers, and the
// passenger with a user. All of them draw the same ids, so that an id is told from another's only by its speaker and its
// conversation. Each message is sent Repeats times, each time over a connection that was opened for that and is cut
// afterwards, from AtOnce of them at a time, and more often if that brought no success. Meanwhile the test does to the servers what
// it likes. At the end, when all servers run again, every message is sent once more.
//
//	s := storm.New(storm.Options{...})
//	s.Begin()        // logs everybody in; they talk
//	...              // kills
//	s.Finish()       // all have finished what they had begun
//	...              // one kill more
//	s.Repeat()       // every message is sent once more
//	faults, err := s.Check(ctx, nodes...)
//
// What was sent, answered and heard is kept, and compared with the histories by package ledger, whose tests show it violations.
// A refusal as overloaded or unavailable (5014, 5013) is no success and no fault; any other is a fault.
//
// A Storm is safe for concurrent use. Its goroutines end with Repeat, or with the context of New.
package storm
