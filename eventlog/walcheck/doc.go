// Package walcheck says whether logs and manifests of Pebble still are what was written. Pebble itself takes a chunk that is
// not valid for the end of the file: what follows a damaged byte is dropped without a word.
//
//	found, err := walcheck.Read(file, number, nil) // how far it is valid, and what that says
//	var t walcheck.Tables
//	found, err := walcheck.Read(manifest, 0, t.Apply) // and what the manifest says
//
// Functions keep nothing of what they are given and are safe for concurrent use; a Tables is not.
package walcheck
