// Package attachment takes the files that users send each other, and gives them out again (docs/protocol.md, section 6.8).
//
// Whoever has an app's key may upload: the first file of a form goes to the disk while it comes, a picture gets a thumbnail, and the
// answer has their addresses. Whoever has an address may fetch it. What a browser might run is never served as what it is: it is
// octets to be saved, and every answer forbids to guess. All times, sizes and numbers are bounded (docs/limits.md).
package attachment
