// Package rest serves MaxIM's REST API (MaxIM protocol, sections 6 and 7) to the apps' servers and clients.
//
// Routes that exist (a trailing slash makes no difference, and nothing redirects):
//
//	GET, POST              /ctx/{u}                      a user
//	GET                    /ctx/{u}/friends[?detail]     its friends
//	GET, POST, DELETE      /ctx/{u}/friends/{f}          one friendship
//	GET                    /ctx/{u}/friends/{f}/chats    its history
//	GET                    /ctx/{u}/groups[?detail]      the groups that it is a member of
//	GET                    /ctx/{u}/rooms[?detail]       the rooms
//	DELETE                 /ctx/{u}/installs/{i}         logout of an installation
//	POST                   /groups                       a new group
//	GET, POST, PUT, DELETE /groups/{g}                   one group; POST reads
//	POST, DELETE           /groups/{g}/members           users join, or members leave
//	POST, DELETE           /groups/{g}/members/{u}       one user does
//	GET                    /groups/{g}/chats             its history
//
// Rooms have the routes of groups under /rooms, except for the history, which they do not have.
//
// Every request but a preflight names its app and proves that it holds one of the app's keys, by a signature or the
// bare key. A caller carries no user identity: it may act for any user of its app. Every error is a JSON object with
// errorCode and errorMessage, and every answer may be read from any origin.
//
// A Handler keeps no state; it is safe for concurrent use, and no goroutine outlives its request.
package rest
