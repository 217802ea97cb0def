// Package payload puts Engine.IO packets into the bodies of long polling and takes them out ("The MaxIM wire protocol",
// sections 3.5 and 3.7). It is pure: it knows neither HTTP nor sessions, and what packets mean is none of its business.
//
// There are three framings:
//
//	Text3    decimal length, ':', packet; repeated.            4:40/c2:42
//	         The length counts UTF-16 code units.
//	Binary3  a byte 0, the decimal digits of the length as      00 04 ff 34 30 2f 63 | 00 02 ff 34 32
//	         bytes 0 to 9, a byte 255, packet; repeated.
//	         The length counts bytes. A byte 1 in place of the
//	         0 marks binary data.
//	Text4    packets with a byte 0x1E between them.             40/c 1e 42
//
// What the server sends by Text3 and Binary3 is ASCII: every other character is written as \uXXXX. Clients disagree about
// how such characters are encoded there, and they stand in JSON strings only.
package payload
