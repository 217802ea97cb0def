import assert from 'node:assert/strict';
import { test } from 'node:test';

import { check, identityOf, serverOf, type Options } from '../src/options.js';

test('the server is the one that is named, or the region of old', () => {
  assert.equal(serverOf({ appId: 'a' }), 'http://im.maxleap.cn');
  assert.equal(serverOf({ appId: 'a', region: 'us' }), 'http://im.maxleap.com');
  assert.equal(serverOf({ appId: 'a', server: 'https://im.example.org//' }), 'https://im.example.org');
  assert.throws(() => serverOf({ appId: 'a', region: 'mars' }), /region/);
});

test('what the old SDK throws is thrown', () => {
  assert.throws(() => check(undefined as unknown as Options), /argument/);
  assert.throws(() => check({} as Options), /appId/);
});

test('who logs in is said as the protocol has it', () => {
  const said = (o: Partial<Options>): unknown => JSON.parse(JSON.stringify(identityOf({ appId: 'a', ...o })));
  assert.deepEqual(said({ userId: 'tom', password: 'of nobody', installId: 'phone' }), { client: 'tom', install: 'phone' });
  assert.deepEqual(said({ username: 'tom', password: 'secret' }), { username: 'tom', password: 'secret' });
  assert.deepEqual(said({ phone: '123', password: '456' }), { phone: '123', password: '456' });
  assert.deepEqual(said({ oauth: { weixin: { id: 'x' } } }), { oauth: { weixin: { id: 'x' } } });
  assert.deepEqual(said({ passenger: { name: 'guest' }, notifyAll: true }), { passenger: { name: 'guest' }, notifyAll: true });
});

test('who comes back is who it was, by what can be said twice', () => {
  const said = (o: Partial<Options>): unknown => JSON.parse(JSON.stringify(identityOf({ appId: 'a', ...o }, 'drawn')));
  assert.deepEqual(said({ userId: 'tom' }), { client: 'tom' });
  assert.deepEqual(said({ username: 'tom', password: 'secret' }), { username: 'tom', password: 'secret' });
  assert.deepEqual(said({ phone: '123', password: '456', installId: 'phone' }), { client: 'drawn', install: 'phone' });
  assert.deepEqual(said({ oauth: { weixin: { id: 'x' } } }), { client: 'drawn' });
  assert.deepEqual(said({ passenger: { name: 'guest' } }), { passenger: { name: 'guest', id: 'drawn' } });
});
