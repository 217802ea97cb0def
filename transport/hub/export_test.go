package hub

// MaxFriends is the bound that tests go to.
const MaxFriends = maxFriends
