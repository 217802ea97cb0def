package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
)

// poll is a link by long polling (docs/protocol.md 3.5): one GET waits for packets, POSTs bring others.
type poll struct {
	url     string // of the handshake
	framing framing
	http    *http.Transport // its own: what is cut must not cut others
	sid     string          // set by receive, before the first packet is taken
	post    sync.Mutex      // held during a POST: the server takes one at a time
	cutting sync.Once
	ended   chan struct{} // closed by cut
}

func newPoll(url string, revision int, config *tls.Config) *poll {
	p := &poll{url: url, framing: records, http: &http.Transport{DisableCompression: true, TLSClientConfig: config}, ended: make(chan struct{})}
	if revision == 3 {
		p.framing = lengths
	}
	return p
}

func (p *poll) cut() { p.cutting.Do(func() { close(p.ended) }) }

// receive polls until there is no session, or no use for it. NB: the handshake is never broken off, for the server would
// wait a minute for a client that never learned its id.
func (p *poll) receive(take func(packet string)) {
	defer p.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	packets, err := p.do(ctx, http.MethodGet, "")
	cancel()
	for err == nil {
		for _, packet := range packets {
			switch packet[:min(1, len(packet))] {
			case "0":
				p.open(packet[1:])
			case "1":
				return
			}
			take(packet)
		}
		packets, err = p.wait()
	}
	p.leave()
}

// open reads the id of the session.
func (p *poll) open(text string) {
	var opened struct{ SID string }
	if json.Unmarshal([]byte(text), &opened) == nil {
		p.sid = opened.SID
	}
}

// wait polls once. What was cut is broken off when the request is on its way, so that the server sees the end.
func (p *poll) wait() ([]string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sent, answered := make(chan struct{}), make(chan struct{})
	wrote := sync.OnceFunc(func() { close(sent) })
	var watching sync.WaitGroup
	watching.Go(func() {
		for _, moment := range []chan struct{}{sent, p.ended} {
			select {
			case <-moment:
			case <-answered:
				return
			}
		}
		cancel()
	})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { wrote() }}
	packets, err := p.do(httptrace.WithClientTrace(ctx, trace), http.MethodGet, "")
	close(answered)
	watching.Wait()
	return packets, err
}

// leave says so when the link was cut, as a page does that is left. A poll that is broken off while its answer is on the way
// looks like one that was answered, and the session would be online until its heartbeat is missed; mostly it is gone by now.
func (p *poll) leave() {
	select {
	case <-p.ended:
		_ = p.send("1")
	default: // the server ended it, or is gone
	}
}

func (p *poll) send(packet string) error {
	p.post.Lock()
	defer p.post.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	_, err := p.do(ctx, http.MethodPost, p.framing.encode(packet))
	return err
}

// do sends a request and returns the packets of the answer to a GET.
func (p *poll) do(ctx context.Context, method, body string) ([]string, error) {
	target := p.url
	if p.sid != "" {
		target += "&sid=" + p.sid
	}
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	res, err := p.http.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s %.200s", method, res.Status, answer)
	case method == http.MethodPost && string(answer) != "ok":
		return nil, fmt.Errorf("POST: expected ok, got %.200q", answer)
	case method == http.MethodPost:
		return nil, nil
	}
	return p.framing.decode(string(answer))
}
