package writeloop

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// openPacket announces heartbeats that no benchmark lives long enough for (MaxIM protocol, 3.2).
const openPacket = `0{"sid":"bench","upgrades":[],"pingInterval":86400000,"pingTimeout":86400000}`

// socket serves one member until the connection ends.
func (s *Server) socket(w http.ResponseWriter, req *http.Request) {
	var auth struct{ Client string }
	if err := json.Unmarshal([]byte(req.URL.Query().Get("auth")), &auth); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	sock, buffered, _, err := ws.UpgradeHTTP(req, w)
	if err != nil {
		return // the upgrade has answered
	}
	defer sock.Close() //nolint:errcheck // the peer may have closed it
	if !s.adopt(sock) {
		return
	}
	defer s.forget(sock)
	stream := struct {
		io.Reader
		io.Writer
	}{buffered.Reader, sock}
	s.serve(stream, sock, auth.Client)
}

func (s *Server) serve(stream io.ReadWriter, sock net.Conn, user string) {
	s.mu.Lock()
	m := s.memberLocked(user)
	s.mu.Unlock()
	out := newOutlet(sock, s.maxOwed)
	defer m.out.CompareAndSwap(out, nil) // unless a later connection has taken over
	_, err := sock.Write(textFrame(openPacket))
	for l := (&loop{server: s, from: m}); err == nil; {
		var packet []byte
		if packet, err = wsutil.ReadClientText(stream); err != nil || len(packet) < 2 {
			continue
		}
		switch packet[1] {
		case '0':
			m.out.Store(out) // who reads that the login is accepted hears everything from then on
			err = welcome(sock, user)
		case '2':
			l.say(packet)
		}
	}
}

// welcome answers the CONNECT packet and accepts the login.
func welcome(sock net.Conn, user string) error {
	login := fmt.Sprintf(`42/chat,["login",{"success":true,"id":%q}]`, user)
	_, err := sock.Write(append(textFrame(`40/chat,{"sid":"bench"}`), textFrame(login)...))
	return err
}

// textFrame returns a frame to be written in one go: others may write to the same connection.
func textFrame(text string) []byte { return ws.MustCompileFrame(ws.NewTextFrame([]byte(text))) }
