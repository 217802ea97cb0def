import { Client } from './client.js';
import { check, type Options } from './options.js';
import type { Login } from './types.js';

export { Client } from './client.js';
export { Composer, type Uploadable } from './composer.js';
export type { ConnectionEvents, State } from './connection.js';
export { IMError, Local } from './errors.js';
export type { Options } from './options.js';
export { Sending, type SendState } from './sending.js';
export { sign } from './sign.js';
export * from './types.js';

/** The SDK's version. */
export const version = '0.1.0';

/**
 * im logs a user in, and calls back whenever that has succeeded, also after a reconnect, or has been refused. Each call is a user of its own.
 */
export function im(options: Options, callback?: (login: Login) => void): Client {
  check(options);
  return new Client({ ...options }, callback);
}
im.version = version;
