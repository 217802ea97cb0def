package im

// Interest is what a node has of a user, a passenger or a room. The zero Interest is nothing.
type Interest struct {
	// Entered says that the user has sessions, perhaps not admitted yet, or that somebody listens to the room.
	Entered bool
	// Sessions counts a user's admitted sessions; 0 for a room.
	Sessions int
	// Loud says that one of them asks that those who are no friends hear of the user.
	Loud bool
}
