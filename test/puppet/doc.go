// Package puppet runs JavaScript clients for tests: each is a Node process of its own, which does what a test tells it and reports
// what it hears.
//
//	p := puppet.Start(t, node, "tom", "clients/talker.js")
//	p.Do("login", "tom")                 // a verb of the script, and its result
//	p.Await("message", nil)              // an event that it has emitted
//
// The script calls serve of puppet.js with its verbs, and emit for what it hears. Scripts that drive a browser find the flags for it in
// chromium.js. Install puts what a package.json names into node_modules, Chromium finds the browser. A Puppet's methods are safe for
// concurrent use, and what it started ends with its test.
package puppet
