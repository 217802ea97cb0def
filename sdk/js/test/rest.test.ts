import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { Client } from '../src/client.js';
import { IMError, Local } from '../src/errors.js';
import { Caller, part, query } from '../src/rest.js';

/** A server that answers as it is told; null = not at all. */
async function answering(t: TestContext, answer: (r: IncomingMessage) => [status: number, text: string] | null): Promise<string> {
  const server = createServer((req, res) => {
    const given = answer(req);
    if (!given) return;
    res.writeHead(given[0]).end(given[1]);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return 'http://127.0.0.1:' + (server.address() as AddressInfo).port;
}

const caller = (server: string, timeout = 60_000): Caller => new Caller(server, 'app', () => Promise.resolve('signed'), timeout);

const fails = (code: number, temporary: boolean) => (err: unknown) =>
  err instanceof IMError && err.code === code && err.temporary === temporary && err.message !== '';

test('a call is signed, and its body is JSON', async (t) => {
  let seen = '';
  const server = await answering(t, (r) => {
    seen = [r.method, r.url, r.headers['x-ml-appid'], r.headers['x-ml-request-sign'], r.headers['content-type']].join(' ');
    return [200, '"id"'];
  });
  assert.equal(await caller(server).call('PUT', '/x?y', { a: 1 }), 'id');
  assert.equal(seen, 'PUT /x?y app signed application/json');
});

test('an empty answer is an empty object, as with the old SDK', async (t) => {
  assert.deepEqual(await caller(await answering(t, () => [204, ''])).call('DELETE', '/x'), {});
});

test('what goes wrong has a code', async (t) => {
  const told = '{"errorCode":5004,"errorMessage":"no such object"}';
  await assert.rejects(caller(await answering(t, () => [404, told])).call('GET', '/x'), (err: unknown) => fails(5004, false)(err) && String(err) === told);
  await assert.rejects(caller(await answering(t, () => [502, '<h1>Bad gateway</h1>'])).call('GET', '/x'), fails(Local.network, true));
  await assert.rejects(caller(await answering(t, () => [200, '<h1>Welcome</h1>'])).call('GET', '/x'), fails(Local.network, true));
  await assert.rejects(caller('http://127.0.0.1:1').call('GET', '/x'), fails(Local.network, true));
});

test('nobody waits for an answer for ever', async (t) => {
  await assert.rejects(caller(await answering(t, () => null), 50).call('GET', '/x'), fails(Local.network, true));
});

test('a call whose signature was refused is made again with another one, if there is one', async (t) => {
  let calls = 0;
  const server = await answering(t, (r) => {
    calls++;
    return r.headers['x-ml-request-sign'] === 'good' ? [200, '1'] : [401, '{"errorCode":5003,"errorMessage":"not permitted"}'];
  });
  const changing = new Caller(server, 'app', (refused) => Promise.resolve(refused === undefined ? 'bad' : 'good'), 60_000);
  assert.equal(await changing.call('GET', '/x'), 1);
  assert.equal(calls, 2);
  await assert.rejects(new Caller(server, 'app', () => Promise.resolve('bad'), 60_000).call('GET', '/x'), fails(5003, false));
  assert.equal(calls, 3);
});

test('who gave a callback need not look at the promise', async (t) => {
  const server = await answering(t, () => [404, '{"errorCode":5004,"errorMessage":"no such object"}']);
  const client = new Client({ server, appId: 'app', clientId: 'key', userId: 'tom' });
  t.after(() => client.logout());
  const err = await new Promise<IMError | null>((resolve) => void client.getGroup('none', resolve)); // an unhandled rejection would end the process
  assert.equal(err?.code, 5004);
});

test('ids and filters are escaped', () => {
  assert.equal(part('a/b?c'), '/a%2Fb%3Fc');
  assert.equal(query({ ts: undefined, limit: null }), '');
  assert.equal(query({ 'a b': 'c&d', limit: 5 }), '?a%20b=c%26d&limit=5');
});
