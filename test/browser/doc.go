// Package browser tests the chat page in a real Chromium, against the built binary. Everything here is a test.
//
// Each test tells a story: stories/*.js drive the browser with playwright-core, several users in contexts of their own, and serve the
// story's chapters as verbs (package puppet); between them the Go side restarts servers and brings in what others say. At its end no page
// may have complained in its console, by a violation of its content security policy for instance, nor asked another host for anything, and
// axe-core must have found no barrier that it calls serious or critical, wherever a story looked (stories/stage.js).
//
// PARLEY_SCREENSHOT names a directory, an absolute path, for pictures of all that the stories look at. Node, npm and Chromium are as for
// test/compat.
package browser
