package engineio

// Type is the first character of a packet ("The MaxIM wire protocol", section 3.3). The rest is its data:
//
//	<type><data>
type Type byte

// Packet types.
const (
	Open    Type = '0'
	Close   Type = '1'
	Ping    Type = '2'
	Pong    Type = '3'
	Message Type = '4'
	Upgrade Type = '5'
	Noop    Type = '6'
)

// Decode cuts a packet in two; data shares memory with packet. ok is false for an empty packet or an unknown type,
// which are to be ignored.
func Decode(packet []byte) (t Type, data []byte, ok bool) {
	if len(packet) == 0 || packet[0] < byte(Open) || packet[0] > byte(Noop) {
		return 0, nil, false
	}
	return Type(packet[0]), packet[1:], true
}
