'use strict';
// A headless Chromium for many puppets (browser.js, demo.js): node chromium.js PATH, with PARLEY_ADDR (host:port) in the
// environment, to which the hosts lead that are built into the SDK, or nowhere without it. It ends with the process, whatever ends that in peace.
const { chromium } = require('playwright-core');
const { options } = require('../../puppet/chromium');
const { serve } = require('../../puppet/puppet');

const rules = ['im.maxleap.cn', 'im.maxleap.com'].map((host) => `MAP ${host} ${process.env.PARLEY_ADDR || '~NOTFOUND'}`);

const server = chromium.launchServer(options(process.argv[2], '--host-resolver-rules=' + rules.join(', ')));

serve({
  async endpoint() { return (await server).wsEndpoint(); },

  async close() { await (await server).close(); },
});
