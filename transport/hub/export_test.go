package hub

// Bounds that tests go to.
const (
	MaxFriends = maxFriends
	MaxRelayed = maxRelayed
)

// RoomsKept returns how many rooms take memory.
func (h *Hub) RoomsKept() (kept int) {
	for i := range h.rooms {
		kept += len(h.rooms[i].list())
	}
	return kept
}
