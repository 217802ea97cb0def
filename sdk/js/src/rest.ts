import { IMError, Local } from './errors.js';

/** Caller makes calls of the REST API (docs/protocol.md, section 6). */
export class Caller {
  constructor(
    private readonly server: string,
    private readonly appId: string,
    /** Gives another signature than the one that was refused, if there is one. */
    private readonly signature: (refused?: string) => Promise<string>,
    /** How long an answer may take, in milliseconds. */
    private readonly timeout: number,
  ) {}

  /** call sends body, as JSON unless it is a form, and returns what is answered, `{}` for nothing. It rejects with an IMError. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const signature = await this.signature();
    try {
      return await this.once<T>(signature, method, path, body);
    } catch (err) {
      if (!(err instanceof IMError) || err.code !== 5003) throw err;
      // Nothing was done. The signature may be one of a key that is gone.
      const another = await this.signature(signature);
      if (another === signature) throw err;
      return this.once<T>(another, method, path, body);
    }
  }

  private async once<T>(signature: string, method: string, path: string, body: unknown): Promise<T> {
    const { status, text } = await this.exchange(signature, method, path, body);
    if (status < 200 || status > 299) throw refusal(status, text);
    try {
      return (text === '' ? {} : JSON.parse(text)) as T;
    } catch (cause) {
      throw new IMError(Local.network, 'what answered is no server of this kind', { cause });
    }
  }

  private async exchange(signature: string, method: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
    const headers: Record<string, string> = { 'X-ML-AppId': this.appId, 'X-ML-Request-Sign': signature };
    const isForm = typeof FormData !== 'undefined' && body instanceof FormData;
    if (body !== undefined && !isForm) headers['Content-Type'] = 'application/json';
    const patience = new AbortController(); // not every browser has AbortSignal.timeout
    // A file takes the time that it takes; the server cuts who is too slow.
    const timer = isForm ? undefined : setTimeout(() => patience.abort(), this.timeout);
    try {
      const res = await fetch(this.server + path, {
        method,
        headers,
        body: isForm ? body : JSON.stringify(body),
        signal: patience.signal,
      });
      return { status: res.status, text: await res.text() };
    } catch (cause) {
      throw new IMError(Local.network, 'no answer from ' + this.server, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** refusal is the error that an answer has. One of a proxy says nothing about the call, which may be tried again. */
function refusal(status: number, text: string): IMError {
  try {
    const { errorCode, errorMessage } = JSON.parse(text) as { errorCode?: number; errorMessage?: string };
    if (typeof errorCode === 'number') return new IMError(errorCode, String(errorMessage));
  } catch {
    // none of the server's
  }
  return new IMError(Local.network, 'HTTP ' + status);
}

/** part is a path segment. */
export function part(id: string | number): string {
  return '/' + encodeURIComponent(id);
}

/** query is a query string of what is defined. */
export function query(values: Record<string, unknown>): string {
  const all = Object.entries(values).filter(([, v]) => v !== undefined && v !== null);
  if (all.length === 0) return '';
  return '?' + all.map(([k, v]) => encodeURIComponent(k) + '=' + encodeURIComponent(String(v))).join('&');
}
