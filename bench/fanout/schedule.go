package fanout

import "time"

// schedule is when one of several voices is to say, taking turns at a fixed rate.
type schedule struct {
	begin time.Duration
	// rate is that of all voices together, per second.
	rate          float64
	voice, voices int
}

// due is when the i-th broadcast of the voice is. It depends on nothing that happens.
func (s schedule) due(i int) time.Duration {
	turn := float64(i)*float64(s.voices) + float64(s.voice)
	return s.begin + time.Duration(turn/s.rate*float64(time.Second))
}

// between is how many broadcasts there are from the i-th on and before end.
func (s schedule) between(i int, end time.Duration) (n int64) {
	for ; s.due(i) < end; i++ {
		n++
	}
	return n
}
