package attachment

import (
	"path"
	"strings"
)

// medium is how files of an extension are served.
type medium struct {
	mime string
	// shown says that a browser may show it, since it runs nothing in it. Everything else is to be saved.
	shown bool
}

// octets are served as nothing in particular.
var octets = medium{mime: "application/octet-stream"}

// media are the kinds of files that have a type of their own.
var media = map[string]medium{
	"jpg": {"image/jpeg", true}, "jpeg": {"image/jpeg", true}, "png": {"image/png", true}, "gif": {"image/gif", true},
	"webp": {"image/webp", true}, "bmp": {"image/bmp", true}, "avif": {"image/avif", true}, "heic": {"image/heic", true},

	"mp3": {"audio/mpeg", true}, "m4a": {"audio/mp4", true}, "aac": {"audio/aac", true}, "amr": {"audio/amr", true},
	"wav": {"audio/wav", true}, "flac": {"audio/flac", true}, "ogg": {"audio/ogg", true}, "oga": {"audio/ogg", true},
	"opus": {"audio/ogg", true}, "weba": {"audio/webm", true}, "caf": {"audio/x-caf", true},

	"mp4": {"video/mp4", true}, "m4v": {"video/mp4", true}, "mov": {"video/quicktime", true}, "webm": {"video/webm", true},
	"ogv": {"video/ogg", true}, "3gp": {"video/3gpp", true}, "mkv": {"video/x-matroska", true}, "avi": {"video/x-msvideo", true},

	"txt": {"text/plain; charset=utf-8", true}, "pdf": {"application/pdf", false}, "zip": {"application/zip", false},
}

func kindOf(ext string) medium {
	if m, ok := media[ext]; ok {
		return m
	}
	return octets
}

const (
	// maxExt bounds an extension that is kept.
	maxExt = 8
	// unnamed is the extension of a file that has none.
	unnamed = "bin"
)

// extOf returns the extension that a file keeps of the name that its sender calls it: letters and digits, which say nothing to a server
// or a disk.
func extOf(fileName string) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(strings.ReplaceAll(fileName, `\`, "/")), "."))
	if ext == "" || ext == "sm" || len(ext) > maxExt || strings.Trim(ext, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return unnamed
	}
	return ext
}
