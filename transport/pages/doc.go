// Package pages serves the pages of the server and the JavaScript SDK to browsers, from files that are there when it starts.
//
//	/             the chat page
//	/sdk/...      the SDK, for pages of any origin
//	/demo.json    the app that the pages may use, {"appId","key"}; 204 where they may use none
//
// All of it is in memory, compressed once, and has an ETag of what is in it.
package pages
