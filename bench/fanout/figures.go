package fanout

import (
	"encoding/csv"
	"io"
	"strconv"
)

// figure is one number of a measurement, by the name that summaries and CSV have for it.
type figure struct {
	name string
	of   func(*Measurement) (v float64, ok bool)
}

var figures = []figure{
	{"deliveries_per_second", always(func(m *Measurement) float64 { return m.DeliveriesPerSecond })},
	{"broadcasts_per_second", always(func(m *Measurement) float64 { return m.BroadcastsPerSecond })},
	{"latency_p50_us", some(latency, func(l *Latency) float64 { return float64(l.P50) })},
	{"latency_p90_us", some(latency, func(l *Latency) float64 { return float64(l.P90) })},
	{"latency_p99_us", some(latency, func(l *Latency) float64 { return float64(l.P99) })},
	{"latency_p999_us", some(latency, func(l *Latency) float64 { return float64(l.P999) })},
	{"latency_max_us", some(latency, func(l *Latency) float64 { return float64(l.Max) })},
	{"say_delay_p99_us", some(func(m *Measurement) *Latency { return m.SayDelay }, func(l *Latency) float64 { return float64(l.P99) })},
	{"server_cpu_s_per_million", some(func(m *Measurement) *CPU { return m.ServerCPU }, func(c *CPU) float64 { return c.PerMillion })},
	{"server_cores", func(m *Measurement) (float64, bool) {
		if m.ServerCPU == nil {
			return 0, false
		}
		return over(m.ServerCPU.Seconds, m.Seconds), true
	}},
	{"client_cores", always(func(m *Measurement) float64 { return over(m.ClientCPU.Seconds, m.Seconds) })},
	{"client_cpu_s_per_million", always(func(m *Measurement) float64 { return m.ClientCPU.PerMillion })},
	{"client_cpu_s", always(func(m *Measurement) float64 { return m.ClientCPU.Seconds })},
	{"logins_per_second", always(func(m *Measurement) float64 { return m.LoginsPerSecond })},
	{"rss_per_connection_bytes", some(func(m *Measurement) *Memory { return m.Memory }, func(b *Memory) float64 { return float64(b.PerConnection) })},
	{"rss_bytes", some(func(m *Measurement) *Memory { return m.Memory }, func(b *Memory) float64 { return float64(b.Full) })},
	{"lost", always(func(m *Measurement) float64 { return float64(m.Lost) })},
	{"doubled", always(func(m *Measurement) float64 { return float64(m.Doubled) })},
	{"out_of_order", always(func(m *Measurement) float64 { return float64(m.OutOfOrder) })},
	{"stray", always(func(m *Measurement) float64 { return float64(m.Stray) })},
	{"unsent", always(func(m *Measurement) float64 { return float64(m.Unsent) })},
	{"cut_off", always(func(m *Measurement) float64 { return float64(m.CutOff) })},
	{"other_cores", some(func(m *Measurement) *float64 { return m.OtherCores }, itself)},
	{"stolen_cores", some(func(m *Measurement) *float64 { return m.StolenCores }, itself)},
	{"joins_per_second", some(joins, func(j *Joins) float64 { return j.PerSecond })},
	{"join_p99_us", some(joins, func(j *Joins) float64 { return float64(j.Latency.P99) })},
	{"all_reading_deliveries_per_second", some(slowOf, func(s *Slow) float64 { return s.AllReading.DeliveriesPerSecond })},
	{"all_reading_latency_p99_us", some(slowOf, func(s *Slow) float64 { return float64(s.AllReading.Latency.P99) })},
	{"slow_queued_bytes", func(m *Measurement) (float64, bool) {
		return of(m, slowOf, func(s *Slow) *float64 { return s.QueuedBytes })
	}},
	{"slow_disconnects", func(m *Measurement) (float64, bool) {
		return of(m, slowOf, func(s *Slow) *float64 { return s.Disconnects })
	}},
	{"slow_closed_1008", some(slowOf, func(s *Slow) float64 { return float64(s.Ended["1008"]) })},
	{"slow_open", some(slowOf, func(s *Slow) float64 { return float64(s.Ended["open"]) })},
}

// latency is nil when nothing arrived of what was due.
func latency(m *Measurement) *Latency {
	if m.Latency.Max == 0 {
		return nil
	}
	return &m.Latency
}

func joins(m *Measurement) *Joins { return m.Joins }
func slowOf(m *Measurement) *Slow { return m.Slow }
func itself(v *float64) float64   { return *v }

func always(of func(*Measurement) float64) func(*Measurement) (float64, bool) {
	return func(m *Measurement) (float64, bool) { return of(m), true }
}

// some is a figure of a part that a measurement may lack.
func some[T any](part func(*Measurement) *T, of func(*T) float64) func(*Measurement) (float64, bool) {
	return func(m *Measurement) (float64, bool) {
		if p := part(m); p != nil {
			return of(p), true
		}
		return 0, false
	}
}

func of[T any](m *Measurement, part func(*Measurement) *T, figure func(*T) *float64) (float64, bool) {
	p := part(m)
	if p == nil || figure(p) == nil {
		return 0, false
	}
	return *figure(p), true
}

// WriteCSV writes a line for each run: the scenario, the server, the number of the run from 1 on, and its figures; what was not
// measured is empty. The first line names the columns.
func WriteCSV(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	head := []string{"started", "scenario", "rooms", "members", "senders", "window", "rate", "size", "protocol", "server", "run"}
	for _, f := range figures {
		head = append(head, f.name)
	}
	_ = out.Write(head) // Error tells
	for i := range r.Results {
		for _, s := range r.Results[i].Servers {
			for n := range s.Runs {
				_ = out.Write(csvLine(r, &r.Results[i], &s, n))
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvLine(r *Report, result *Result, s *Series, n int) []string {
	c := &result.Scenario
	line := []string{
		r.Started.Format("2006-01-02T15:04:05Z"), c.Name, strconv.Itoa(c.Rooms), strconv.Itoa(c.Members), strconv.Itoa(c.Senders),
		strconv.Itoa(c.Window), plain(c.BroadcastsPerSecond()), strconv.Itoa(c.Size), result.Protocol, s.Server, strconv.Itoa(n + 1),
	}
	for _, f := range figures {
		cell := ""
		if v, ok := f.of(&s.Runs[n]); ok {
			cell = plain(v)
		}
		line = append(line, cell)
	}
	return line
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
