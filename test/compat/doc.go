// Package compat tests parley with the original, unmodified clients: the JavaScript SDK maxleap-im 3.0.17 with its
// socket.io-client 1.3.7, and bare socket.io-client 1.4.8, 2.5 and 4.8, each from the npm registry and by WebSocket,
// against the built binary. Everything here is a test; the package has no code that others could use. What the
// SDK's first guide lists is called, all but uploads and system messages.
//
// Each client runs in a Node process of its own (clients/*.js, "puppets") and is driven by the Go test with one JSON
// object per line, so that one scenario serves all clients and different clients meet in one conversation. Node and
// npm must be on the PATH. The first run installs the clients into node_modules as package-lock.json says; later runs
// need no network.
//
// Traps that the files here step around: socket.io-client 1.3.7 asks for two packages by git URL (package.json,
// `overrides`); the SDK has its host built in (clients/redirect.js changes the TCP destination and nothing else) and
// keeps one socket per host and process; optional native packages of old `ws` versions break new ones (.npmrc omits
// them).
package compat
