'use strict';
// An SDK in Node as a puppet: node maxleap.js SDK. maxleap-im, which is not modified, wants --require ./redirect.js, since its host is
// built in, and one user per process: it keeps one socket per host and page. ../../sdk/js, as it is built, is told the server.
const { cut } = require('./wires');
const { emit, serve } = require('../../puppet/puppet');
const { user } = require('./user');

(async () => {
  if (process.argv[2] === 'maxleap-im') {
    require('maxleap-im'); // it names itself ML.im
    serve(user(global.ML, { common: {}, cut }, emit));
    return;
  }
  const ML = await import('../../../sdk/js/dist/index.js');
  serve(user(ML, { common: { server: process.env.PARLEY_URL }, cut }, emit));
})();
