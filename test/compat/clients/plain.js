'use strict';
// A page as it is, which nobody drives: node plain.js BROWSER URL. What it writes to its console is reported.
const { chromium } = require('playwright-core');
const { emit, serve } = require('../../puppet/puppet');

const [endpoint, url] = process.argv.slice(2);

serve({
  async open() {
    const browser = await chromium.connect(endpoint, { timeout: 0 }); // the test has the patience
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (err) => emit('pageerror', String(err)));
    page.on('console', (message) => emit('console', message.text()));
    await page.goto(url);
  },
});
