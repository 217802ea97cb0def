package machine

import (
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Machine is what a result depends on beside the program.
type Machine struct {
	// CPU is the processor's model; "" = not known.
	CPU string `json:"cpu,omitempty"`
	// Cores is the number of logical cores that this process may use.
	Cores int `json:"cores"`
	// GOMAXPROCS is how many of them Go uses at once.
	GOMAXPROCS int `json:"gomaxprocs"`
	// Kernel is the release of the operating system's kernel; "" = not known.
	Kernel string `json:"kernel,omitempty"`
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	// Go is the version of the compiler and runtime.
	Go string `json:"go"`
}

// Describe returns the machine that this process runs on.
func Describe() Machine {
	return Machine{
		CPU:        model(read("/proc/cpuinfo")),
		Cores:      runtime.NumCPU(),
		GOMAXPROCS: runtime.GOMAXPROCS(0),
		Kernel:     strings.TrimSpace(read("/proc/sys/kernel/osrelease")),
		OS:         runtime.GOOS,
		Arch:       runtime.GOARCH,
		Go:         runtime.Version(),
	}
}

// CPU returns the processor time that this process has used so far, in user and system mode together.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it has no way to fail for the process itself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// read returns the text of a file, "" where there is none: only Linux has /proc.
func read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(text)
}

// model finds the name of the first processor in the text of /proc/cpuinfo.
func model(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) == "model name" {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}
