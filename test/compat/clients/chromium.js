'use strict';
// A headless Chromium for many puppets (browser.js, demo.js): node chromium.js PATH, with PARLEY_ADDR (host:port) in the
// environment, to which the hosts lead that are built into the SDK. It ends with the process, whatever ends that in peace.
const { chromium } = require('playwright-core');
const { serve } = require('./puppet');

const rules = ['im.maxleap.cn', 'im.maxleap.com'].map((host) => `MAP ${host} ${process.env.PARLEY_ADDR}`);

const server = chromium.launchServer({
  executablePath: process.argv[2],
  headless: true,
  timeout: 0, // the test has the patience
  args: [
    '--no-sandbox', // it would not start as root
    '--disable-dev-shm-usage', // /dev/shm of a container is small
    '--no-proxy-server', '--disable-gpu', '--disable-quic', '--disable-sync', '--disable-background-networking',
    '--disable-component-update', '--no-first-run',
    '--host-resolver-rules=' + rules.join(', '),
  ],
});

serve({
  async endpoint() { return (await server).wsEndpoint(); },

  async close() { await (await server).close(); },
});
