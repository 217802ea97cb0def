'use strict';
// Exchanges the SDK's built-in `http://im.maxleap.cn` for PARLEY_URL while it is loaded, as whoever bundles the SDK for a
// server with HTTPS must: it knows no other scheme, and has no option for it. Nothing else changes.
const Module = require('module');

const compile = Module.prototype._compile;
Module.prototype._compile = function (text, file) {
  if (/maxleap-im[\\/]lib[\\/]im\.js$/.test(file)) text = text.replaceAll('http://im.maxleap.cn', process.env.PARLEY_URL);
  return compile.call(this, text, file);
};
