import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Composer, formOf, type Post } from '../src/composer.js';
import type { Say, Sending } from '../src/sending.js';
import { Target } from '../src/types.js';

function desk(upload: Post['upload'] = () => Promise.resolve(['https://x/attachment/1'])) {
  const said: { message: Say; sending: Sending }[] = [];
  const post: Post = { upload, say: (message, sending) => void said.push({ message, sending }) };
  return { said, to: (id: string) => new Composer(post, { id, type: Target.friend }) };
}

test('a text is said at once, with an id', () => {
  const { said, to } = desk();
  const sending = to('jerry').text('hi').remark('note').push({ enable: true }).id('mine').ok();
  const { ts, ...rest } = said[0]!.message;
  assert.deepEqual(rest, { id: 'mine', to: { id: 'jerry', type: 0 }, content: { media: 0, body: 'hi' }, remark: 'note', push: { enable: true } });
  assert.equal(sending.id, 'mine');
  assert.ok(Math.abs(ts - Date.now()) < 60_000);
});

test('a file is uploaded first, and what answers is the body', async () => {
  const { said, to } = desk();
  const sending = to('jerry').image(new Blob(['x'], { type: 'image/png' })).ok();
  assert.equal(said.length, 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(said[0]!.message.content, { media: 1, body: ['https://x/attachment/1'] });
  assert.equal(said[0]!.message.id, sending.id);
});

test('what was uploaded before is not uploaded again', () => {
  const { said, to } = desk(() => Promise.reject(new Error('not asked')));
  to('jerry').mediaUrl({ media: 3, body: 'https://x/film.mp4' }).send();
  to('jerry').audio(['https://x/voice.mp3']).ok();
  assert.deepEqual(said.map((s) => s.message.content.media), [3, 2]);
});

test('an upload that fails fails the message', async () => {
  const { said, to } = desk(() => Promise.reject(new Error('too large')));
  await assert.rejects(Promise.resolve(to('jerry').video(new Blob(['x'])).ok()), /too large/);
  assert.equal(said.length, 0);
});

test('a blob without a name gets one of its type', () => {
  const name = (b: Blob): string => (formOf(b).get('attachment') as File).name;
  assert.equal(name(new Blob(['x'], { type: 'image/jpeg' })), 'file.jpg');
  assert.equal(name(new Blob(['x'], { type: 'audio/webm;codecs=opus' })), 'file.weba');
  assert.equal(name(new Blob(['x'], { type: 'video/webm' })), 'file.webm');
  assert.equal(name(new Blob(['x'], { type: 'image/svg+xml' })), 'file.svg');
  assert.equal(name(new Blob(['x'])), 'file.bin');
  assert.equal(name(new File(['x'], 'holiday.png')), 'holiday.png');
  const form = new FormData();
  assert.equal(formOf(form), form);
});
