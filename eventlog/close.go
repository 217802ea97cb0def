package eventlog

import "errors"

// Close ends this node's part of the log: nothing more is accepted, what waits in the queues is answered *moved*, what
// is on its way is answered as it turns out, reads that wait fail as Unavailable, and everything is made durable. Once
// it has returned, no callback of a call made before it is called any more. It must not be called from a callback; a
// second call does nothing. On a disk that has failed (Options.OnDiskFailure) it closes nothing and returns an error.
func (l *Log) Close() error {
	if !l.shut() {
		return nil
	}
	if l.disk.Broken() {
		return errBroken
	}
	close(l.closing)
	for _, s := range l.shards {
		s.queue.close()
		s.reads.close()
	}
	l.committers.Wait()
	l.readers.Wait()
	close(l.work)
	l.workers.Wait()
	l.searching.Wait()
	l.failures.Wait()
	l.movers.Wait()
	err := stopNodeHost(l.nh)
	l.background.Wait()
	return errors.Join(err, l.store.Close(), l.synced.Close(), l.dir.close())
}

// shut refuses further calls and waits for those inside. It reports false when somebody was faster.
func (l *Log) shut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.closed
	l.closed = true
	return first
}
