// Empty: it lets raftlogdb.go declare a function that another package defines.
