'use strict';
// A page with an SDK, as the guide has it, which sends pictures: node album.js BROWSER PAGES SDK, of which the first two are as for
// browser.js. The host that is built into maxleap-im leads to the server by the browser's own rules (chromium.js); parley-im comes from
// the server, and is told where that is.
const { chromium } = require('playwright-core');
const { emit, serve } = require('../../puppet/puppet');

const [endpoint, pages, sdk] = process.argv.slice(2);
const server = process.env.PARLEY_URL;
const script = sdk === 'maxleap-im' ? pages + '/node_modules/maxleap-im/dist/ML.im.js' : server + '/sdk/ML.im.js';

const opened = (async () => {
  const browser = await chromium.connect(endpoint, { timeout: 0 }); // the test has the patience
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (err) => emit('pageerror', String(err)));
  await page.exposeFunction('report', (event, arg) => emit(event, arg));
  await page.goto(pages + '/clients/page.html');
  await page.addScriptTag({ url: script });
  return { context, page };
})();

const ran = 'this has run';

serve({
  async login(app, key, user) {
    const { page } = await opened;
    await page.evaluate(([options]) => {
      window.me = window.ML.im(options, (res) => window.report('login', res));
      for (const on of ['onMessage', 'yourself']) window.me[on]((m) => window.report(on === 'onMessage' ? 'message' : on, m));
    }, [{ appId: app, clientId: key, userId: user, ...(sdk === 'maxleap-im' ? {} : { server }) }]);
  },

  // picture draws one and sends it to a friend: in a form whose field has that name, or as a File if there is none.
  async picture(to, width, height, field) {
    const { page } = await opened;
    await page.evaluate(async ([friend, w, h, name]) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [w, h];
      const pen = canvas.getContext('2d');
      pen.fillStyle = 'teal';
      pen.fillRect(0, 0, w, h);
      const blob = await new Promise((done) => { canvas.toBlob(done, name === 'webp' ? 'image/webp' : 'image/png'); });
      let what = new File([blob], name === 'webp' ? 'drawn.webp' : 'drawn.png');
      if (name) {
        const form = new FormData();
        form.append(name, what);
        what = form;
      }
      window.me.toFriend(friend).image(what).ok();
    }, [to, width, height, field]);
  },

  // sees gives the size of the picture at an address, as an element of the page, and what of it a page of another origin may read.
  async sees(url) {
    const { page } = await opened;
    return page.evaluate(async (src) => {
      const img = new Image();
      img.crossOrigin = 'anonymous';
      img.src = src;
      await img.decode();
      const canvas = document.createElement('canvas');
      const pen = canvas.getContext('2d');
      pen.drawImage(img, 0, 0);
      return { width: img.naturalWidth, height: img.naturalHeight, colour: [...pen.getImageData(5, 5, 1, 1).data] };
    }, url);
  },

  // upload uploads a text under a file name, and gives its address.
  async upload(fileName, text) {
    const { page } = await opened;
    return page.evaluate(([name, content]) => new Promise((resolve, reject) => {
      const form = new FormData();
      form.append('attachment', new File([content], name));
      window.me.attachment(form, (err, urls) => (err ? reject(err) : resolve(urls)));
    }), [fileName, text]);
  },

  // opens gives whether anything ran of what is at an address: in a tab of its own, in a frame, and as a script of another page.
  async opens(url) {
    const { context, page } = await opened;
    const lines = [];
    const tab = await context.newPage();
    tab.setDefaultTimeout(0);
    for (const p of [tab, page]) p.on('console', (m) => { if (m.text().includes(ran)) lines.push(m.text()); });
    tab.on('dialog', (d) => { lines.push('dialog: ' + d.message()); d.dismiss(); });
    let saved = false;
    tab.on('download', () => { saved = true; });
    await tab.goto(url).catch((err) => { if (!/Download is starting|ERR_ABORTED/.test(String(err))) throw err; });
    await page.evaluate((src) => Promise.all(['script', 'iframe', 'object', 'img'].map((tag) => new Promise((done) => {
      const e = document.createElement(tag);
      [e.onload, e.onerror] = [done, done];
      if (tag === 'iframe' || tag === 'object') setTimeout(done, 500); // one that is saved instead tells nobody
      e[tag === 'object' ? 'data' : 'src'] = src;
      document.body.append(e);
    }))), url);
    const { length } = lines;
    await tab.close();
    return { ran: length > 0, saved };
  },
});
