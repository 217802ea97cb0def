// Package crew runs short work in goroutines that were used before: their stacks have grown already. With a goroutine for each
// burst of messages, growing its stack was an eighth of what a message costs an actor, and a seventh of what a login costs.
// Whoever has had nothing to do for a while ends, and a crew at rest has no goroutine.
package crew
