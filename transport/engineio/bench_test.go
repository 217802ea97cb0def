package engineio_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-im/parley/transport/engineio"
	"github.com/parley-im/parley/transport/engineio/polltest"
)

// What does a poll cost by one kept connection, client included: when something waits for it, when it waits in net/http, and
// when it is parked before it is answered? The CPU time is that of the whole process.
func BenchmarkPoll(b *testing.B) {
	for _, bc := range []struct {
		name  string
		after time.Duration
		waits bool
	}{
		{"answered at once", time.Hour, false},
		{"waits in net/http", time.Hour, true},
		{"parked", time.Nanosecond, true},
	} {
		b.Run(bc.name, func(b *testing.B) {
			s := serveWith(b, engineio.Options{ParkAfter: bc.after})
			c := polltest.Open(b, s.url, polltest.Rev4, "")
			l := <-s.sessions
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // it has done its part
			in := bufio.NewReader(conn)
			request := "GET " + c.Path("polling") + " HTTP/1.1\r\nHost: x\r\n\r\n"
			b.ReportAllocs()
			began := cpu(b)
			for b.Loop() {
				if !bc.waits {
					l.Send([]byte("4x"))
				}
				if _, err := io.WriteString(conn, request); err != nil {
					b.Fatal(err)
				}
				for bc.waits && !l.IsAtRest() {
					<-time.After(10 * time.Microsecond)
				}
				if bc.waits {
					l.Send([]byte("4x"))
				}
				res, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body) // it is two bytes
			}
			b.ReportMetric(float64((cpu(b)-began).Microseconds())/float64(b.N), "cpu-us/op")
		})
	}
}

// cpu is the CPU time that the process has had.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
