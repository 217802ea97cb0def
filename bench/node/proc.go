package node

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Memory is the resident memory of a process in bytes: what it has, and the most that it had. 0 where there is no /proc.
type Memory struct{ Now, Peak int64 }

func memoryOf(pid int) Memory {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return Memory{}
	}
	return parseStatus(string(text))
}

// parseStatus reads /proc/PID/status (proc_pid_status(5)), whose sizes are in kB of 1,024 bytes.
func parseStatus(text string) (m Memory) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch {
		case err != nil:
		case name == "VmRSS":
			m.Now = kb << 10
		case name == "VmHWM":
			m.Peak = kb << 10
		}
	}
	return m
}

// Load is the machine's load average over a minute; 0 where it is not known.
func Load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	average, _ := strconv.ParseFloat(first, 64) // 0 for what is no number
	return average
}
