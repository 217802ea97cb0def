// Package thumbnail makes small pictures of pictures that strangers send, at a cost that is known before.
//
// What a picture needs while it is decoded follows from its header: Maker asks for so much of its budget, and refuses what needs
// more than there is in all. A decoder reads only as long as its context lives. JPEG, PNG, GIF (its first frame) and WebP are
// known, by their first bytes and not by what somebody calls them; of a large JPEG no more is decoded than a thumbnail shows. Of the metadata the orientation is obeyed, and nothing is kept.
package thumbnail
