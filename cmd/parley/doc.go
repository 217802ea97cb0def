// Command parley is a chat server in one binary: one process is one node, and a single node is a cluster of one.
//
//	parley serve       runs a node
//	parley app         lists and creates the apps of a running node, shows their keys, and sets how long their messages are kept
//	parley cluster     shows the nodes of a running cluster, adds, replaces, removes and drains them
//	parley doctor      checks data directories, compares replicas, and says what is kept and until when
//	parley bench       measures a server, the machine's or one of its own
//	parley version     says which parley this is
//	parley help        explains a command
//
// A flag may also come from the environment (PARLEY_ and its name in upper case, _ for -) and, for serve, from a YAML
// file (--config; keys are the flag names, _ for -). Flags win over the environment, the environment over the file.
//
// It exits with 0 when done, 1 when that failed, and 2 when it was called wrongly.
package main
