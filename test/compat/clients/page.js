'use strict';
// A bare socket.io-client in a page, after its bundle and verbs.js. What it hears is written into the page; what appears
// there is reported (`report` is the puppet's, see browser.js).
const list = document.getElementById('heard');

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const item of addedNodes) window.report(item.dataset.event, JSON.parse(item.textContent));
  }
}).observe(list, { childList: true });

function show(event, arg) {
  const item = document.createElement('li');
  item.dataset.event = event;
  item.textContent = JSON.stringify(arg instanceof Error ? String(arg) : arg === undefined ? null : arg);
  list.append(item);
}

window.start = (options) => { window.puppet = verbs(window.io, options, show); };
