import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IMError } from '../src/errors.js';
import { Sending, newId } from '../src/sending.js';

test('an id is 20 characters that a server takes, and another each time', () => {
  const ids = new Set(Array.from({ length: 1000 }, newId));
  assert.equal(ids.size, 1000);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{20}$/);
});

test('an id can be drawn where there is no crypto, as in Node 18', (t) => {
  const { crypto } = globalThis;
  t.after(() => Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true }));
  Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
  const ids = new Set(Array.from({ length: 1000 }, newId));
  assert.equal(ids.size, 1000);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{20}$/);
});

test('a message is waiting, sent, and stored', async () => {
  const s = new Sending('mine');
  const states: string[] = [];
  s.onstate = (state) => states.push(state);
  s.becomes('sent');
  s.becomes('waiting');
  s.becomes('sent');
  s.answered({ success: true, ts: 7, n: 3, id: 'mine', duplicate: true });
  s.becomes('waiting');
  s.answered({ success: false, error: 5001 });
  assert.deepEqual(states, ['sent', 'waiting', 'sent', 'stored']);
  assert.deepEqual(await s, { id: 'mine', ts: 7, n: 3, duplicate: true });
});

test('a listener that throws changes nothing, and is reported', async (t) => {
  const reports: (() => void)[] = [];
  t.mock.method(globalThis, 'queueMicrotask', (report: () => void) => void reports.push(report));
  const s = new Sending();
  s.onstate = () => {
    throw new Error('of the page');
  };
  s.answered({ success: true, ts: 7, n: 1 });
  assert.equal((await s).n, 1);
  assert.throws(() => reports[0]!(), /of the page/);
});

test('what a room takes is accepted, and not stored', async () => {
  const s = new Sending();
  s.answered({ success: true, ts: 7 });
  assert.equal(s.state, 'accepted');
  assert.equal((await s).n, undefined);
});

test('what is refused rejects with the code, and nobody has to look', async () => {
  const unseen = new Sending();
  unseen.answered({ success: false, error: 5003 });
  const s = new Sending();
  s.answered({ success: false, error: 5004 });
  await assert.rejects(Promise.resolve(s), (err: unknown) => err instanceof IMError && err.code === 5004 && !err.temporary);
  assert.equal(s.state, 'failed');
  await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would end the process
});

test('an error is what the old SDK gives: the text of an answer', () => {
  const parsed = JSON.parse(String(new IMError(5008, 'full'))) as unknown;
  assert.deepEqual(parsed, { errorCode: 5008, errorMessage: 'full' });
});
