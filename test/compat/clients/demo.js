'use strict';
// The demo that the package maxleap-im brings, with its own bundle of the SDK, as a puppet that does what a user does:
// it types and clicks, and reports what the page shows: node demo.js BROWSER PAGES, which are as for browser.js. The SDK's
// host, which is built in, leads to the server by the browser's own rules (chromium.js).
const { chromium } = require('playwright-core');
const { emit, serve } = require('../../puppet/puppet');

const [endpoint, pages] = process.argv.slice(2);

const opened = (async () => {
  const browser = await chromium.connect(endpoint, { timeout: 0 }); // the test has the patience
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (err) => emit('pageerror', err));
  page.on('websocket', (ws) => emit('websocket', ws.url()));
  await page.goto(pages + '/node_modules/maxleap-im/demo/Chat/index.html');
  await page.locator('#Login').waitFor({ state: 'visible' }); // Babel has compiled the demo in the page
  return page;
})();

const friend = (page, name) => page.locator('.Conversation', { has: page.locator('.name', { hasText: name }) });

serve({
  async login(app, key, user) {
    const page = await opened;
    await page.fill('#appId', app);
    await page.fill('#clientId', key);
    await page.fill('#userId', user);
    await page.click('#Login .btn-primary');
    await page.locator('#Login').waitFor({ state: 'hidden' });
  },

  // addFriend fills in the dialogue behind the plus.
  async addFriend(name) {
    const page = await opened;
    await page.click('.ToolBar .Bar:has(.icon-plus)');
    await page.fill('#add-UserId', name);
    await page.click('#Add .btn-primary');
    await page.locator('#Add').waitFor({ state: 'hidden' });
    await friend(page, name).waitFor({ state: 'visible' });
  },

  // choose opens the conversation with a friend.
  async choose(name) {
    const page = await opened;
    await friend(page, name).click();
    await page.locator('.ConvMain .navbar-brand', { hasText: 'Chat With: ' + name }).waitFor();
  },

  async say(text) {
    const page = await opened;
    await page.fill('.ConvInput input[type=text]', text);
    await page.click('.ConvInput button:has-text("Send")');
  },

  // shows waits until the last line of the conversation is this one, and gives them all.
  async shows(line) {
    const page = await opened;
    await page.locator('.ConvMsg').last().filter({ hasText: line }).waitFor();
    return page.locator('.ConvMsg').allInnerTexts();
  },

  async screenshot(path) { await (await opened).screenshot({ path }); },
});
