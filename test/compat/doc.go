// Package compat tests parley with the original, unmodified clients, each from the npm registry and against the built
// binary: the JavaScript SDK maxleap-im 3.0.17 with its socket.io-client 1.3.7, and its demo page; bare socket.io-client of
// every line from 1.3 to 4.8, in Node and in pages, by WebSocket, by polling and from one to the other. Everything here is
// a test; the package has no code that others could use. What the SDK's first guide lists is called.
//
// Our own SDK (sdk/js) is one more client: what the tests ask of the original one they ask of it, by the same puppet
// (clients/maxleap.js, clients/user.js), in Node and in a page (clients/sdkpage.js). What the original one has not is in
// sdk_own_test.go and sdk_return_test.go.
//
// Each client runs in a Node process of its own (clients/*.js, driven by package puppet), so that one scenario serves all
// clients and different clients meet in one conversation. The puppets of pages (clients/browser.js, clients/demo.js) have one Chromium together (clients/chromium.js) and drive it with
// playwright-core, which is pinned like the clients, brings nothing with it and waits for what a page shows by itself; a Go
// library for the same would put its modules into parley's go.mod. The engines of the Swift and Java SDKs do not run
// here: mobile_client_test.go does what they do.
//
// Node and npm must be on the PATH; Chromium is installed where there is none (internal/devtools/chromium.sh). The first
// run installs the clients into node_modules as package-lock.json says; later runs need no network.
//
// Traps that the files here step around: socket.io-client 1.3.7 asks for two packages by git URL (package.json,
// `overrides`); the SDK has its host built in (clients/redirect.js changes the TCP destination and nothing else, as do the
// browser's rules) and keeps one socket per host and process; optional native packages of old `ws` versions break new ones
// (.npmrc omits them); a page cannot cut its wires, so its engine is told that they were.
package compat
