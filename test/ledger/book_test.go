package ledger

import (
	"context"
	"testing"
	"time"
)

// Await must not return before both counts are reached: a kill test that kills too early proves less than it says.
func TestBook_AwaitsAcksAndOpenSends(t *testing.T) {
	var b Book
	first := b.Send("c", "tom", "1")
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() { done <- b.Await(ctx, 1, 1) }()
	if err := first.Ack(1, 10); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Fatalf("returned with nothing open: %v", err)
	default:
	}
	b.Send("c", "tom", "2")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A message that is answered twice, as a repeat with the same id is, counts once and must get the same answer.
func TestBook_RepeatedAnswerMustAgree(t *testing.T) {
	var b Book
	p := b.Send("c", "tom", "1")
	for _, err := range []error{p.Ack(1, 10), p.Ack(1, 10)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if acks, open := b.Counts(); acks != 1 || open != 0 {
		t.Fatalf("got %d acks, %d open, want 1 and 0", acks, open)
	}
	if p.Ack(2, 20) == nil {
		t.Fatal("another answer to the same message was accepted")
	}
}

func TestBook_GivenUpIsNeitherOpenNorAcked(t *testing.T) {
	var b Book
	p := b.Send("c", "tom", "1")
	p.GiveUp()
	if acks, open := b.Counts(); acks != 0 || open != 0 {
		t.Fatalf("got %d acks, %d open, want none", acks, open)
	}
	if sent := b.Sent("c"); len(sent) != 1 || sent[0].Acked {
		t.Fatalf("got %+v, want the message without an ack", sent)
	}
}
