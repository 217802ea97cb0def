import { IMError, Local, errorOf } from './errors.js';
import { callOut } from './events.js';
import type { Content, Sent, Target } from './types.js';

/** What a `say` has (docs/protocol.md, sections 5.1 and 13). */
export interface Say {
  id: string;
  to: { id: string; type: Target };
  content: Content;
  ts: number;
  remark?: string;
  push?: Record<string, unknown>;
}

/**
 * Where a message is: not under way yet; under way; on the disks of a majority; accepted, if it is a room's, which stores nothing; or
 * refused or given up. One that was under way when a connection ended is sent again, under the same id, and stored once; those in a
 * room may hear it twice.
 */
export type SendState = 'waiting' | 'sent' | 'stored' | 'accepted' | 'failed';

/** The answer to a `say`. */
export interface Answer {
  success: boolean;
  error?: number;
  ts?: number;
  n?: number;
  id?: string;
  duplicate?: boolean;
}

/** Sending is a message on its way. It can be awaited; whoever does not care need not. */
export class Sending implements PromiseLike<Sent> {
  readonly id: string;
  state: SendState = 'waiting';
  /** Called whenever state has changed. */
  onstate?: (state: SendState) => void;

  private readonly promise: Promise<Sent>;
  private resolve!: (s: Sent) => void;
  private reject!: (err: IMError) => void;

  constructor(id = newId()) {
    this.id = id;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }

  then<A = Sent, B = never>(
    ok?: ((s: Sent) => A | PromiseLike<A>) | null,
    failed?: ((err: IMError) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.promise.then(ok, failed);
  }

  catch<B>(failed: (err: IMError) => B | PromiseLike<B>): Promise<Sent | B> {
    return this.promise.catch(failed);
  }

  /** Whether it has come to its end. */
  get done(): boolean {
    return this.state === 'stored' || this.state === 'accepted' || this.state === 'failed';
  }

  /** becomes is told by who sends it. */
  becomes(state: 'waiting' | 'sent'): void {
    if (!this.done && this.state !== state) this.change(state);
  }

  answered(a: Answer): void {
    if (this.done) return;
    if (!a.success) return this.fails(errorOf(a.error));
    this.change(a.n === undefined ? 'accepted' : 'stored');
    this.resolve({ id: this.id, ts: a.ts ?? 0, n: a.n, duplicate: a.duplicate });
  }

  fails(err: unknown): void {
    if (this.done) return;
    this.change('failed');
    this.reject(err instanceof IMError ? err : new IMError(Local.cancelled, String(err), { cause: err }));
  }

  private change(state: SendState): void {
    this.state = state;
    callOut(() => this.onstate?.(state));
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/** newId draws 120 bits. They tell messages apart and keep no secret, so where nothing better is there, as in Node 18, any dice will do. */
export function newId(): string {
  const bytes = new Uint8Array(20);
  if (typeof crypto === 'undefined') bytes.forEach((_, i) => (bytes[i] = Math.random() * 256));
  else crypto.getRandomValues(bytes);
  return Array.from(bytes, (b) => letters[b & 63]).join('');
}
