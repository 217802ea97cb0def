'use strict';
// A stage for users of the chat page, each in a browser context of its own. A story is a puppet: node story.js CHROMIUM PATIENCE, with
// PARLEY_URL in the environment. CHROMIUM is the browser's path, PATIENCE for how long to wait for what must happen, in milliseconds;
// PARLEY_SCREENSHOT names a directory for pictures. Users find their way by what the page looks like, not by its language.
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');
const { options } = require('../../puppet/chromium');
const { serve } = require('../../puppet/puppet');

const [browserPath, patience] = [process.argv[2], Number(process.argv[3])];
const url = process.env.PARLEY_URL;
const pictures = process.env.PARLEY_SCREENSHOT;
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const launched = chromium.launch(options(browserPath));
const troubles = [];

exports.desktop = { viewport: { width: 1280, height: 800 }, locale: 'en-GB' };
exports.phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, locale: 'en-GB' };

// check fails the story.
const check = exports.check = (holds, what) => { if (!holds) throw new Error('not so: ' + what); };

// until waits until what holds, which is a function and may be asynchronous.
exports.until = async (what, holds) => {
  const end = Date.now() + patience;
  while (!await holds()) {
    check(Date.now() < end, what);
    await new Promise((done) => setTimeout(done, 20));
  }
};

// User is somebody with the page before them.
class User {
  constructor(name, context, page) { Object.assign(this, { name, context, page, isCut: false }); }

  // watch takes down whatever a page should not do. Nobody complains of a server that cannot be reached, or is not ready, while isCut.
  watch() {
    const note = (what) => troubles.push(`${this.name}: ${what}`);
    this.page.on('pageerror', (err) => note('page error: ' + err));
    this.page.on('console', (m) => { if (m.type() === 'error' && !(this.isCut && /ERR_CONNECTION|WebSocket connection|status of 503/.test(m.text()))) note('console: ' + m.text()); });
    this.page.on('request', (r) => { if (!/^(blob|data):/.test(r.url()) && new URL(r.url()).origin !== url) note('asks ' + r.url()); });
    this.page.on('websocket', (ws) => { if (new URL(ws.url()).host !== new URL(url).host) note('opens ' + ws.url()); });
  }

  async logIn() {
    await this.page.locator('.card input').first().fill(this.name);
    await this.page.locator('.card .primary').click();
    await this.page.locator('aside .status.online').waitFor({ state: 'attached' });
  }

  conversation(title) { return this.page.locator('.conversation', { has: this.page.getByText(title, { exact: true }) }); }

  async add(section, texts) {
    await this.page.locator('.sidebar section').nth(section).locator('header button').click();
    const dialog = this.page.locator('dialog');
    for (const [i, text] of texts.entries()) await dialog.locator('input').nth(i).fill(text);
    await dialog.locator('.primary').click();
    await dialog.waitFor({ state: 'detached' });
    await this.title(texts[0]);
  }

  befriend(name) { return this.add(0, [name]); }

  group(title, ...members) { return this.add(1, [title, members.join(', ')]); }

  room(title, ...members) { return this.add(2, [title, members.join(', ')]); }

  title(title) { return this.page.locator('.thread h2').getByText(title, { exact: true }).waitFor(); }

  async choose(title) {
    await this.conversation(title).click();
    await this.title(title);
  }

  // back goes from a conversation to the list, where there is room for one of them.
  back() { return this.page.locator('.thread .back').click(); }

  async say(text) {
    await this.page.locator('.composer textarea').fill(text);
    await this.page.locator('.composer .round').click();
    await this.sees(text);
  }

  bubble(text) { return this.page.locator('.bubble').getByText(text, { exact: true }); }

  async sees(...texts) {
    for (const text of texts) await this.bubble(text).last().waitFor();
  }

  // settled waits until nothing of this page is on its way.
  settled() { return exports.until('all is sent', async () => await this.page.locator('.fate').count() === 0); }

  async picture(file) { await this.page.locator('.composer input[type=file]').setInputFiles(file); }

  // looks takes a picture, and lets axe look for barriers.
  async looks(name) {
    await this.page.evaluate(() => document.fonts.ready);
    if (pictures) {
      fs.mkdirSync(pictures, { recursive: true });
      await this.page.screenshot({ path: path.join(pictures, name + '.png') });
    }
    await this.page.evaluate(axe + ';undefined');
    const { violations } = await this.page.evaluate(() => window.axe.run());
    for (const v of violations) {
      if (v.impact === 'serious' || v.impact === 'critical') troubles.push(`${name}: ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`);
    }
  }
}

// open opens the page in a new context; prepare is told of it before anything is fetched.
const open = exports.open = async (name, how = exports.desktop, prepare = () => {}) => {
  const context = await (await launched).newContext(how);
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const user = new User(name, context, page);
  user.watch();
  prepare(page);
  await page.goto(url + '/');
  await page.locator('.card input, .conversation, .sidebar').first().waitFor();
  return user;
};

// enter opens the page and logs in.
exports.enter = async (name, how) => {
  const user = await open(name, how);
  await user.logIn();
  return user;
};

// tell serves the chapters of a story, each a verb. The verb `troubles` closes the browser, and gives what pages have done that they should not.
exports.tell = (chapters) => serve({
  ...chapters,
  async troubles() {
    await (await launched).close();
    return troubles;
  },
});
