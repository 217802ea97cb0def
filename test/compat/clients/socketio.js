'use strict';
// A bare socket.io-client as a puppet: node socketio.js PACKAGE TRANSPORTS, with PARLEY_URL (http://host:port) in the
// environment. TRANSPORTS are named as the client's option does, with commas between them.
const { cut } = require('./wires');
const { verbs } = require('./verbs');
const { emit, serve } = require('../../puppet/puppet');

const [name, transports] = process.argv.slice(2);
const own = verbs(require(name), {
  url: process.env.PARLEY_URL, transports: transports.split(','), modern: /-[34]$/.test(name),
}, emit);

serve({ ...own, drop(again) { own.drop(again, cut); } });
