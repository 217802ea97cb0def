// Package contract holds a running server to docs/openapi.yaml: every operation is asked for, well and badly, and status,
// header and body of every answer must be what the document says. An operation, or an answer of one, that is never seen
// fails the tests, but for 500 and 503, which a healthy server does not give. That the document has every route of the server
// is shown by transport/rest.
package contract
