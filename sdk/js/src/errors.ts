/** Codes that are not the server's: no answer, given up, and no signature from the application. */
export const Local = { network: -1, cancelled: -2, unsigned: -3 } as const;

/**
 * IMError is whatever goes wrong: `code` is one of docs/protocol.md, section 6.1 or 13, or of Local. Its text is the JSON of the
 * server's answer, since applications of the old SDK parse what they are given.
 */
export class IMError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IMError';
    this.code = code;
  }

  /** Whether the same may be tried again, with the same message id where there is one. */
  get temporary(): boolean {
    return this.code === Local.network || this.code === 5013 || this.code === 5014;
  }

  override toString(): string {
    return JSON.stringify({ errorCode: this.code, errorMessage: this.message });
  }
}

const texts: Record<number, string> = {
  5001: 'illegal parameter',
  5002: 'database failure',
  5003: 'not permitted',
  5004: 'no such object',
  5010: 'parameter too long',
  5013: 'unavailable',
  5014: 'overloaded',
};

/** errorOf is the error of a code that came without a text. */
export function errorOf(code: number | undefined): IMError {
  return new IMError(code ?? 5002, texts[code ?? 5002] ?? 'error ' + code);
}
