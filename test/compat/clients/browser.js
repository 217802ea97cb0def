'use strict';
// A bare socket.io-client in a page as a puppet: node browser.js BROWSER PAGES BUNDLE TRANSPORTS, with PARLEY_ADDR
// (host:port) in the environment. BROWSER is what chromium.js names, PAGES the URL of clients/ and node_modules/, which is
// not the server's origin. Each puppet has a profile of its own.
const { chromium } = require('playwright-core');
const { emit, serve } = require('../../puppet/puppet');

const [endpoint, pages, bundle, transports] = process.argv.slice(2);
const options = {
  url: 'http://' + process.env.PARLEY_ADDR, transports: transports.split(','), modern: /-[34]\//.test(bundle),
};

const opened = (async () => {
  const browser = await chromium.connect(endpoint, { timeout: 0 }); // the test has the patience
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (err) => emit('pageerror', err));
  page.on('console', (message) => { if (message.type() === 'error') console.error(message.text()); });
  await page.exposeFunction('report', (event, arg) => emit(event, arg));
  await page.goto(pages + '/clients/page.html');
  for (const file of ['node_modules/' + bundle, 'clients/verbs.js', 'clients/page.js']) {
    await page.addScriptTag({ url: pages + '/' + file });
  }
  await page.evaluate((o) => window.start(o), options);
  return page;
})();

// Every verb is the page's.
serve(Object.fromEntries(['login', 'loginByAuth', 'emit', 'ask', 'transport', 'goodbye', 'again', 'drop'].map((verb) => [
  verb,
  async (...args) => (await opened).evaluate(([v, a]) => window.puppet[v](...a), [verb, args]),
])));
