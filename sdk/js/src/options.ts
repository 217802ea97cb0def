import type { Attributes } from './types.js';

/** Options of `ML.im`. One of userId, username, phone, oauth and passenger says who logs in. */
export interface Options {
  appId: string;
  /** A key of the app, by which the page signs. It is in the page then: with `signature` it need not be. */
  clientId?: string;
  /**
   * Gives a signature (`<32 hex>,<ms>`), asked from the app's own server for instance. It is asked once for all calls of the page, and
   * again when the server has refused what it gave.
   */
  signature?: () => string | Promise<string>;

  userId?: string;
  username?: string;
  phone?: string;
  /** Of username, or the code that was sent to the phone. */
  password?: string;
  oauth?: Record<string, Record<string, unknown>>;
  passenger?: Attributes & { id?: string };

  /** The device, for offline push. */
  installId?: string;
  /** Whether those who are no friends hear of this user's coming and going. */
  notifyAll?: boolean;

  /** Where the server is, e.g. `https://im.example.org`. Default: the region's old host. */
  server?: string;
  /** `cn` or `us`. */
  region?: string;
  /** Default: WebSocket, and polling where there is none. */
  transports?: ('websocket' | 'polling')[];
  /** How long an answer may take, in milliseconds. Default 10,000. */
  timeout?: number;
}

const hosts: Record<string, string> = { cn: 'http://im.maxleap.cn', us: 'http://im.maxleap.com' };

/** serverOf is the base address, without a slash at its end. */
export function serverOf(o: Options): string {
  const server = o.server ?? hosts[o.region ?? 'cn'];
  if (!server) throw new Error('There is no this region.');
  return server.replace(/\/+$/, '');
}

/** check throws what the old SDK throws. */
export function check(o: Options): void {
  if (typeof o !== 'object' || o === null) throw new Error('realtime need a argument at least.');
  if (!o.appId) throw new Error('Options must have appId.');
}

/**
 * identityOf is who logs in, as in docs/protocol.md, section 4. id is who was logged in before: a code that came to a phone can be used
 * once only, a token may have ended, and a passenger whose id was drawn would come back as somebody else.
 */
export function identityOf(o: Options, id?: string): Record<string, unknown> {
  const { userId, username, phone, password, oauth, passenger, installId, notifyAll } = o;
  const device = { install: installId, notifyAll };
  if (passenger !== undefined) return { passenger: id === undefined ? passenger : { ...passenger, id }, ...device };
  if (id !== undefined && (phone !== undefined || oauth !== undefined)) return { client: id, ...device };
  return {
    client: userId,
    username,
    phone,
    password: username !== undefined || phone !== undefined ? password : undefined,
    oauth,
    ...device,
  };
}
