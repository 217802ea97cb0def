// Package swarm logs many members in to a MaxIM server and hears for all of them as cheaply as it can: the generator of a
// benchmark runs on the server's machine, and what it uses is missing there. Fan-out, which needs less of what is heard and more
// speed, has readers of its own: package readers.
//
// Open logs in over WebSocket (Engine.IO 3 or 4), Send says something as one member, and what the members hear goes to
// Ears. An Ear belongs to one reading goroutine at a time, not to one member: there are about as many as cores, so that an
// Ear may hold a histogram and plain counters. Close says goodbye for all and waits for every goroutine.
//
// It is not test/client, which decodes all that it hears and keeps everything behind locks, as a test wants it. Here a
// delivery costs no allocation, no lock, no decoding and not even a buffer per connection: members wait in the runtime's
// poller, whoever has something to read borrows a buffer, reads once, cuts the frames in place and gives it back. It shares
// no code with the server either.
//
// NB: one read per wake-up means that the end of a stream which came together with its last bytes is not seen at once. A
// goroutine visits every connection now and then and looks for that; see tend.go.
//
// A Swarm is safe for concurrent use.
package swarm
