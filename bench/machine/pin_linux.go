package machine

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Cores returns the numbers of the cores that this process may use, lowest first; nil = not known.
func Cores() (cores []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	for core := range 8 * len(set) * 8 {
		if set.IsSet(core) {
			cores = append(cores, core)
		}
	}
	return cores
}

// Pin keeps all threads of this process, those to come included, on these cores.
func Pin(cores ...int) error {
	// Whoever starts a thread gives it its own cores; a thread that was started meanwhile is found in the second round.
	for range 2 {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, t := range tasks {
			id, _ := strconv.Atoi(t.Name()) // all are numbers
			if err := pin(id, cores); err != nil {
				return err
			}
		}
	}
	return nil
}

// PinThread keeps the calling thread on these cores, and the processes that it starts. The goroutine must be locked to it.
func PinThread(cores ...int) error { return pin(0, cores) }

func pin(thread int, cores []int) error {
	var set unix.CPUSet
	for _, c := range cores {
		set.Set(c)
	}
	err := unix.SchedSetaffinity(thread, &set)
	if err == unix.ESRCH { //nolint:errorlint // an errno; the thread has ended meanwhile
		return nil
	}
	return os.NewSyscallError("sched_setaffinity", err)
}
