package connect

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

const (
	// lineBytes is the buffer of a line: ten thousand of them must be cheap.
	lineBytes = 512
	// maxAnswerBytes is more than what a session that says nothing is told at once.
	maxAnswerBytes = 64 << 10
)

// line is a kept HTTP connection for one GET at a time. net/http's client would take two goroutines and 8 KiB for each.
type line struct {
	sock net.Conn
	in   *bufio.Reader
	host string
}

func newLine(sock net.Conn, host string) *line {
	return &line{sock: sock, in: bufio.NewReaderSize(sock, lineBytes), host: host}
}

// get asks for a page, with the headers that clients send, and waits for it.
func (l *line) get(target string) ([]byte, error) {
	request := "GET " + target + " HTTP/1.1\r\nHost: " + l.host + "\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n" +
		"Accept-Language: en-us\r\nUser-Agent: parley-bench\r\nConnection: keep-alive\r\n\r\n"
	if _, err := io.WriteString(l.sock, request); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return body, err
}
