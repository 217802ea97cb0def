// Package rest serves MaxIM's REST API (MaxIM protocol, sections 6 to 8) to the apps' servers and clients.
//
// Routes that exist (a trailing slash makes no difference, and nothing redirects):
//
//	GET                    /ctx                          users, found by their attributes
//	GET, POST              /ctx/{u}                      a user; POST reads
//	GET                    /ctx/{u}/friends[?detail]     its friends
//	GET, POST, DELETE      /ctx/{u}/friends/{f}          one friendship
//	GET                    /ctx/{u}/friends/{f}/chats    its history
//	GET                    /ctx/{u}/strangers[?detail]   the strangers that it talked with
//	GET                    /ctx/{u}/strangers/{s}        one of them
//	GET                    /ctx/{u}/strangers/{s}/chats  the history
//	GET                    /ctx/{u}/groups[?detail]      the groups that it is a member of
//	GET                    /ctx/{u}/rooms[?detail]       the rooms
//	DELETE                 /ctx/{u}/installs/{i}         logout of an installation
//	GET, POST              /groups                       groups, found by their attributes; a new one
//	GET, POST, PUT, DELETE /groups/{g}                   one group; POST reads
//	GET, POST, DELETE      /groups/{g}/members           a page of members; users join, or members leave
//	POST, DELETE           /groups/{g}/members/{u}       one user does
//	GET, DELETE            /groups/{g}/chats             its history
//	GET, POST, PUT, DELETE X/attributes                  of X = /ctx/{u}, /groups/{g} or /rooms/{r}
//	GET                    X/attributes/{name}           one of them
//	POST                   /passengers                   a passenger is made or changed
//	GET, POST              /passengers/{p}               its attributes; POST reads
//	GET                    /passengers/{p}/chats/{u}     its history with a user
//	POST                   /system                       a message to all
//	POST                   /system/{id}[?group|?room]    to a user or passenger, or to members
//
// Rooms have the routes of groups under /rooms, except for the history, which they do not have. docs/openapi.yaml says what
// each takes and answers.
//
// Every request but a preflight names its app and proves that it holds one of the app's keys, by a signature or the
// bare key. A caller carries no user identity: it may act for any user of its app. Every error is a JSON object with
// errorCode and errorMessage, and every answer may be read from any origin. Long answers are compressed for who accepts
// gzip.
//
// A Handler keeps no state; it is safe for concurrent use, and no goroutine outlives its request.
package rest
