package eventlog

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/lni/dragonboat/v4/logger"
)

// dragonboat's loggers are global to the process and are set once, so they lead to whatever log was opened last.
var (
	raftLogger     atomic.Pointer[slog.Logger]
	raftLoggerOnce sync.Once
)

func routeRaftLogs(l *slog.Logger) {
	raftLogger.Store(l)
	raftLoggerOnce.Do(func() {
		logger.SetLoggerFactory(func(pkg string) logger.ILogger { return raftLog(pkg) })
	})
}

// raftLog routes one dragonboat package, a level lower than dragonboat means it: to it an ordinary election is a warning.
// Errors become warnings, warnings are for debugging, and the rest goes nowhere.
type raftLog string

// SetLevel implements logger.ILogger; slog has the levels.
func (raftLog) SetLevel(logger.LogLevel) {}

// Debugf implements logger.ILogger.
func (raftLog) Debugf(string, ...any) {}

// Infof implements logger.ILogger.
func (raftLog) Infof(string, ...any) {}

// Warningf implements logger.ILogger.
func (p raftLog) Warningf(format string, args ...any) { p.log(slog.LevelDebug, format, args) }

// Errorf implements logger.ILogger. What part transport says of a member that is down, it says twice a second.
func (p raftLog) Errorf(format string, args ...any) {
	if p == "transport" {
		p.log(slog.LevelDebug, format, args)
		return
	}
	p.log(slog.LevelWarn, format, args)
}

func (p raftLog) log(level slog.Level, format string, args []any) {
	l, ctx := raftLogger.Load(), context.Background()
	if l.Enabled(ctx, level) {
		l.Log(ctx, level, "raft", "part", string(p), "msg", fmt.Sprintf(format, args...))
	}
}

// Panicf implements logger.ILogger: dragonboat calls it when going on would harm the data, and expects no return. It
// panics with an error, because NewNodeHost swallows every other panic and returns nothing, and says so before: on a file
// system that could inject errors its workers swallow that, too.
func (p raftLog) Panicf(format string, args ...any) {
	p.log(slog.LevelError, format, args)
	panic(fmt.Errorf("raft "+string(p)+": "+format, args...))
}
