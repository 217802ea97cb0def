package hub

// Bounds that tests go to.
const (
	MaxFriends = maxFriends
	MaxRelayed = maxRelayed
)
