// Package spread keeps the files of a cluster on more than one of its nodes.
//
// Spread is a blob.Store over the Store of this node and those of others. A file that is put is there, and on one other node, before
// Put returns, if there is another one; which one follows from its name, so that all nodes look there first. Open fetches what this
// node lacks, and keeps it; Restore brings back what a node lacks that is to have it. Sweep is each node's own.
//
// Nodes speak HTTP with each other, by connections that the caller opens: Serve answers what Spread asks.
//
//	GET /_attachment/NAME              200 and the file, Last-Modified; 404
//	PUT /_attachment/NAME              Last-Modified; 204 when it is stored
//	POST /_attachment/                 names, a line each; 200 and those that are not there
package spread
