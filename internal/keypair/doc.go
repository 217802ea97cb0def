// Package keypair reads a certificate and its key from two files, says what is wrong with them, and follows the files when they change.
//
//	pair, err := keypair.Open(keypair.Files{Cert: "tls.crt", Key: "tls.key"}, "tls", logger)
//	config := &tls.Config{GetCertificate: pair.GetCertificate}
//	go pair.Run(ctx)
//
// # Renewal
//
// Run reads both files every few seconds and compares what is in them, whatever the system says of the files. So it does not matter how they
// were replaced: by renaming, written over, with an older time, or by a link that leads elsewhere, as certbot and Kubernetes have it. What fits
// together counts from then on; connections that are there keep what they were made with. What does not fit is told in the log when it is
// found twice, since one file comes before the other, and what was read before stays.
//
// A certificate that has expired counts: who is to be spoken to with it decides. The log says so, and before that, every day, that it soon will.
//
// A Watched is safe for concurrent use, but for Run, which is called at most once.
package keypair
