// Package atrest gives memory back to the system when the process has come to rest.
//
//	go atrest.Run(ctx, logger)
//
// Go collects garbage when as much was allocated as is alive, and keeps what is free for what will be allocated until it collects again. A
// node that thousands have just logged in to, and that then has next to nothing to do, would stay as large as it was while they came, for
// as long as that lasts. Run looks every few seconds, and when little is being allocated and much is resident that is not alive, it
// collects the garbage and gives back all that is free.
//
// It also has a large heap collected more often, unless the environment's GOGC says how often: as much may be allocated between two
// collections as is alive, but no more than 25 MiB, or half of what is alive if that is more. So what is alive lies closer together.
//
// A look reads four of the runtime's counters and stops nobody. Under load there are looks and nothing else. What giving back
// costs, a collection and the page faults of what is used again, is paid at rest, and either a minute after the time before or when
// as much has been allocated since as is alive, so that Go itself would have collected as often.
//
// What is alive is known from the latest collection. What has died since counts when Go collects, which it does every two minutes
// when nothing else makes it.
package atrest
