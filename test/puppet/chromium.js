'use strict';
// How Chromium is launched for tests: options of playwright-core's launch and launchServer. path is the browser's, also are more flags.
exports.options = (path, ...also) => ({
  executablePath: path,
  headless: true,
  timeout: 0, // the test has the patience
  args: [
    '--no-sandbox', // it would not start as root
    '--disable-dev-shm-usage', // /dev/shm of a container is small
    '--no-proxy-server', '--disable-gpu', '--disable-quic', '--disable-sync', '--disable-background-networking',
    '--disable-component-update', '--no-first-run',
    ...also,
  ],
});
