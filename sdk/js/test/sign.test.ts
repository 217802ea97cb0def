import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IMError, Local } from '../src/errors.js';
import { Signer, sign } from '../src/sign.js';

test('a signature is the MD5 of time and key, and the time', () => {
  assert.equal(sign('key', 1_700_000_000_000), '9726187ba433a8a198771413fd8b5e93,1700000000000');
  assert.match(sign('key'), /^[0-9a-f]{32},\d{13}$/);
});

test('a signature is asked for once, also by many at a time', async () => {
  let asked = 0;
  const signer = new Signer(() => Promise.resolve('signature ' + ++asked + '\n'));
  const all = await Promise.all([signer.signature(), signer.signature(), signer.signature('another')]);
  assert.deepEqual(all, ['signature 1', 'signature 1', 'signature 1']);
});

test('one that was refused is exchanged, once for all to whom that was said', async () => {
  let asked = 0;
  const signer = new Signer(() => 'signature ' + ++asked);
  await signer.signature();
  const all = await Promise.all([signer.signature('signature 1'), signer.signature('signature 1'), signer.signature('signature 1')]);
  assert.deepEqual(all, ['signature 2', 'signature 2', 'signature 2']);
  assert.equal(await signer.signature(), 'signature 2');
});

test('an application that cannot sign is asked again by the next', async () => {
  let asked = 0;
  const signer = new Signer(() => {
    if (++asked === 1) throw new Error('not now');
    return 'signature';
  });
  await assert.rejects(signer.signature(), (err: unknown) => err instanceof IMError && err.code === Local.unsigned && /not now/.test(err.message));
  assert.equal(await signer.signature(), 'signature');
});
