// Package model tests a parley process against a model of it, from outside and without any of its code.
//
// One goroutine takes thousands of random steps: it makes groups and rooms, changes and deletes them and clears their
// histories, befriends users and parts them, logs users and passengers in and out, by WebSocket and by polling, lets them
// speak to friends, strangers, passengers, groups and rooms, changes attributes, lets the app itself speak, and ends the
// process, by SIGKILL mostly and sometimes with a request under way. Beside the server it keeps a model in plain maps.
// After each step the answer must be what the model says, what was touched must read as the model has it, everybody who
// must hear a message has heard it, and nobody has heard anything else; every few hundred steps, and after each restart,
// everything is compared.
//
// Where the server is free, the model is told: what a request came to that a kill cut off is learned by reading, and
// what may be told late or again is said at letter.until. Presence is only checked for being about friends.
//
// The choices come from a seed that is printed; PARLEY_SEED repeats them. PARLEY_STEPS changes the number of steps.
package model
