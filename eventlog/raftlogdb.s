// Empty: it lets raftlogdb.go declare functions that another package defines.
