package machine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is what /proc counts in on every architecture that Go knows (proc(5), sysconf(_SC_CLK_TCK)).
const ticksPerSecond = 100

// Usage is what a process uses.
type Usage struct {
	// CPU is its processor time in user and system mode, exact to 10 ms.
	CPU time.Duration
	// RSS is its resident memory in bytes.
	RSS int64
}

// UsedBy returns what a process has used so far; false where that is not known.
func UsedBy(pid int) (Usage, bool) {
	if pid <= 0 {
		return Usage{}, false
	}
	return parseStat(read(fmt.Sprintf("/proc/%d/stat", pid)))
}

// parseStat reads /proc/PID/stat (proc_pid_stat(5)). The name of the process, in parentheses, may hold anything.
func parseStat(text string) (Usage, bool) {
	const utime, stime, rss = 11, 12, 21 // fields behind the name, from 0 on
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= rss {
		return Usage{}, false
	}
	return Usage{
		CPU: time.Duration(integer(fields[utime])+integer(fields[stime])) * (time.Second / ticksPerSecond),
		RSS: integer(fields[rss]) * int64(os.Getpagesize()),
	}, true
}

// integer is 0 for what is no number.
func integer(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// Busy is what the machine's processors have done since it started.
type Busy struct {
	// Used is the time in which they worked for anybody, Stolen the time in which they were not there: a machine below this virtual
	// one had them.
	Used, Stolen time.Duration
	Known        bool
}

// BusyTime returns what the processors have done so far.
func BusyTime() Busy { return parseBusy(read("/proc/stat")) }

// parseBusy reads the first line of /proc/stat (proc_stat(5)).
func parseBusy(text string) Busy {
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return Busy{}
	}
	const user, nice, system, irq, softirq, steal = 1, 2, 3, 6, 7, 8
	ticks := func(i int) time.Duration { return time.Duration(integer(f[i])) * (time.Second / ticksPerSecond) }
	return Busy{Used: ticks(user) + ticks(nice) + ticks(system) + ticks(irq) + ticks(softirq), Stolen: ticks(steal), Known: true}
}
