import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import { IMError, Local } from './errors.js';

/** sign signs with a key of the app (docs/protocol.md, section 2). */
export function sign(key: string, now = Date.now()): string {
  return bytesToHex(md5(utf8ToBytes(now + key))) + ',' + now;
}

/** Signer has the signature by which a page makes all its calls. It asks for it once, and again when that was refused. */
export class Signer {
  private current?: Promise<string>;

  constructor(private readonly ask: () => string | Promise<string>) {}

  /** signature gives the signature that there is, or what is answered instead of refused. It rejects with an IMError. */
  async signature(refused?: string): Promise<string> {
    const current = (this.current ??= this.asked());
    const signature = await current;
    if (signature !== refused) return signature;
    if (this.current === current) this.current = this.asked(); // else somebody else has asked meanwhile
    return this.current ?? current;
  }

  private asked(): Promise<string> {
    return Promise.resolve()
      .then(this.ask)
      .then(
        (answer) => String(answer).trim(),
        (cause: unknown) => {
          this.current = undefined; // the next one asks again
          throw new IMError(Local.unsigned, 'no signature: ' + String(cause), { cause });
        },
      );
  }
}
