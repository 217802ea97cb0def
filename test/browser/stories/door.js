'use strict';
// The page before somebody is logged in.
const zlib = require('zlib');
const { check, desktop, open, phone, tell } = require('./stage');

tell({
  // The size of all that a browser fetches, compressed, in bytes.
  async weigh() {
    const bodies = [];
    const tom = await open('tom', desktop, (page) => page.on('response', (r) => bodies.push(r)));
    await tom.logIn();
    let sum = 0;
    for (const r of bodies.filter((b) => !b.url().includes('/ctx/'))) {
      check(r.ok(), `${r.url()} answers ${r.status()}`);
      const body = await r.body();
      if (/\.(js|css)$/.test(r.url())) check(r.headers()['content-encoding'] === 'gzip', `${r.url()} is sent compressed`);
      sum += zlib.gzipSync(body).length;
    }
    check(bodies.some((b) => b.url().endsWith('/chat.js')), 'the page is among what was fetched');
    return sum;
  },

  // Where the server lends no app, its id and key are asked for; what is wrong is said there, in the language of the page.
  async refuses(app, key) {
    for (const [name, how, text] of [
      ['desktop', desktop, 'The app id or the key is wrong.'], ['phone', { ...phone, locale: 'zh-CN', colorScheme: 'dark' }, '应用 ID 或密钥不正确。'],
    ]) {
      const tom = await open('tom', how);
      const inputs = tom.page.locator('.card input');
      await tom.looks(name + '-login-with-keys');
      const fill = async (...texts) => { for (const [i, x] of texts.entries()) await inputs.nth(i).fill(x); };
      await fill('tom', app, 'no key');
      await tom.page.locator('.card .primary').click();
      await tom.page.getByRole('alert').getByText(text).waitFor();
      await tom.looks(name + '-login-refused');
      check(await inputs.first().inputValue() === 'tom', 'what was typed stays, but for the key');
      await fill('tom', app, key);
      await tom.logIn();
      await tom.context.close();
    }
  },

  // What is chosen by hand counts more than what the browser says.
  async speaks() {
    const tom = await open('tom', desktop);
    await tom.page.locator('.language select').selectOption('zh');
    await tom.page.getByRole('button', { name: '登录' }).waitFor();
    await tom.page.reload();
    await tom.page.getByRole('button', { name: '登录' }).waitFor();
    await tom.looks('desktop-login-chinese');
    await tom.page.locator('.card input').first().fill('no such name');
    await tom.page.locator('.card .primary').click();
    check(await tom.page.locator('.card input:invalid').count() === 1, 'a name that cannot be is not asked for');
  },
});
