'use strict';
// The SDK in a page as a puppet: node sdkpage.js BROWSER PAGES, which are as for browser.js, with PARLEY_URL in the environment, from where
// the page loads it.
const { chromium } = require('playwright-core');
const { emit, serve } = require('../../puppet/puppet');
const { user } = require('./user');

const [endpoint, pages] = process.argv.slice(2);
const server = process.env.PARLEY_URL;

const opened = (async () => {
  const browser = await chromium.connect(endpoint, { timeout: 0 }); // the test has the patience
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (err) => emit('pageerror', String(err)));
  await page.exposeFunction('report', (event, arg) => emit(event, arg));
  await page.goto(pages + '/clients/page.html');
  await page.addScriptTag({ url: server + '/sdk/ML.im.js' });
  await page.addScriptTag({ url: pages + '/clients/user.js' });
  await page.evaluate((url) => {
    // Nobody cuts the wires of a page: its engine is told that they were.
    const cut = (socket) => socket.io.engine.transport.onError('cut by the test');
    window.puppet = window.user(window.ML, { common: { server: url }, cut }, (event, arg) => window.report(event, arg === undefined ? null : arg));
  }, server);
  return page;
})();

// Every verb is the page's.
serve(Object.fromEntries(Object.keys(user()).map((verb) => [
  verb,
  async (...args) => (await opened).evaluate(([v, a]) => window.puppet[v](...a), [verb, args]),
])));
