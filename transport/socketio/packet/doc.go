// Package packet is the text form of Socket.IO packets, protocols 4 and 5 ("The MaxIM wire protocol", section 3.8).
//
//	<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]
//
// The namespace is left out for "/". Decode is lenient where clients need it: the namespace ends at the first '?' or
// ',', since clients 1.5-2.x append their query, raw, to the namespace of a CONNECT. The JSON is not looked at.
//
// The Append functions write whole Engine.IO message packets, with the '4' in front, ready to be sent. All functions
// are pure and safe for concurrent use.
package packet
