import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { Connection } from '../src/connection.js';
import { Sending } from '../src/sending.js';

const open = '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

test('a server that lets nobody in is asked less and less often', async () => {
  const delays: number[] = [];
  let connection: Connection | undefined;
  // Each session is opened, and closed when its CONNECT has come.
  const server = createServer((req, res) => {
    const isNew = !/sid=/.test(req.url ?? '');
    if (isNew) delays.push(connection?.['delay'] ?? 0);
    res.end(isNew ? open : req.method === 'POST' ? 'ok' : '1');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = 'http://127.0.0.1:' + (server.address() as AddressInfo).port;
  connection = new Connection({ appId: 'app', userId: 'tom', server: address, transports: ['polling'] }, () => Promise.resolve('signed'));
  connection['waits'](1);
  await new Promise<void>((enough) => {
    server.on('request', () => delays.length >= 5 && enough());
  });
  connection.logout();
  server.closeAllConnections();
  server.close();
  assert.deepEqual(delays.slice(0, 5), [1, 2, 4, 8, 16]);
});

test('what the server cannot take fails at once, and keeps nothing from going on', async () => {
  const connection = new Connection({ appId: 'app', userId: 'tom', server: 'http://127.0.0.1:1' }, () => Promise.resolve('signed'));
  const say = (body: unknown): Sending => {
    const sending = new Sending();
    connection.say({ id: sending.id, to: { id: 'jerry', type: 0 }, content: { media: 0, body }, ts: 0 }, sending);
    return sending;
  };
  const circle: Record<string, unknown> = {};
  circle['again'] = circle;
  await assert.rejects(async () => say(circle), { code: 5001 });
  await assert.rejects(async () => say('a'.repeat(999_000)), { code: 5010 });
  await assert.rejects(async () => say('字'.repeat(333_000)), { code: 5010 });
  const longest = say('a'.repeat(998_000));
  const bytes = say(new Uint8Array(3));
  assert.deepEqual([longest.state, bytes.state, connection['pending'].size], ['waiting', 'waiting', 2]);
  assert.deepEqual(connection['pending'].get(bytes)?.message.content.body, { 0: 0, 1: 0, 2: 0 }); // JSON, whatever it was
  connection.logout();
});
