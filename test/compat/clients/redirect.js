'use strict';
// Sends TCP connections meant for im.maxleap.cn:80 to PARLEY_ADDR (host:port). Nothing else changes: the client still
// writes its own URL, Host header and frames.
const net = require('net');

const cut = process.env.PARLEY_ADDR.lastIndexOf(':');
const target = { host: process.env.PARLEY_ADDR.slice(0, cut), port: Number(process.env.PARLEY_ADDR.slice(cut + 1)) };
const isSDK = (o) => o && typeof o === 'object' && (o.host || o.hostname) === 'im.maxleap.cn' && Number(o.port || 80) === 80;

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  // net.connect hands over one array of normalized arguments; an application hands over the options themselves.
  const list = Array.isArray(args[0]) ? args[0] : args;
  if (isSDK(list[0])) list[0] = { ...list[0], ...target };
  return connect.apply(this, args);
};
