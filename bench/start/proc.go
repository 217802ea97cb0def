package start

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memory is the resident memory of a process in bytes: what it has, and the most that it had. 0 where there is no /proc.
type memory struct{ now, peak int64 }

func memoryOf(pid int) memory {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return memory{}
	}
	return parseStatus(string(text))
}

// parseStatus reads /proc/PID/status (proc_pid_status(5)), whose sizes are in kB of 1,024 bytes.
func parseStatus(text string) (m memory) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch {
		case err != nil:
		case name == "VmRSS":
			m.now = kb << 10
		case name == "VmHWM":
			m.peak = kb << 10
		}
	}
	return m
}

// load is the machine's load average over a minute; 0 where it is not known.
func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	average, _ := strconv.ParseFloat(first, 64) // 0 for what is no number
	return average
}

// sizeOf is the sum of the files below dir, which nobody may change meanwhile.
func sizeOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
