'use strict';
// What others say is shown as they said it, and does nothing.
const { check, enter, phone, tell, until } = require('./stage');

tell({
  // The names of groups and rooms, and what is said to tom in a group, are the arguments.
  async reads(titles, texts, media) {
    const [group] = titles;
    for (const [name, how] of [['desktop', undefined], ['phone', phone]]) {
      const tom = await enter('tom', how);
      await until('the list is read', async () => await tom.page.locator('.conversation').count() > titles.length);
      for (const title of titles) {
        const shown = await tom.page.locator('.conversation .title').evaluateAll((all) => all.map((e) => e.textContent));
        check(shown.includes(title), `${title} is among ${shown}`);
      }
      await tom.looks(`${name}-hostile-names`);
      await tom.page.locator('.conversation', { has: tom.page.locator('.title').filter({ hasText: group }) }).first().click();
      await until('all is shown', async () => await tom.page.locator('.message').count() > 0);
      await tom.looks(`${name}-hostile`);

      // From the end to the beginning: what is far from what is seen is not in the document.
      const seen = new Map();
      const list = tom.page.locator('.list');
      await until('all was seen', async () => {
        for (const [key, text] of await list.evaluate((l) => {
          l.scrollTop -= l.clientHeight / 2;
          return [...l.querySelectorAll('.message')].map((m) => [m.dataset.key, m.querySelector('.bubble').textContent]);
        })) seen.set(key, text);
        return seen.size >= texts.length + media.length;
      });
      const all = [...seen.values()];
      for (const text of texts) check(all.some((s) => text.length > 2000 ? s.startsWith(text.slice(0, 2000)) : s === text), `shown as it is: ${text.slice(0, 60)}`);
      for (const address of media) check(all.some((s) => s.includes(address)), `an address that is not this server's is a text: ${address}`);

      const found = await tom.page.evaluate(() => ({
        ran: 'hacked' in window,
        made: [...document.querySelectorAll('.said *')].filter((e) => ['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'FORM', 'STYLE', 'LINK', 'BASE', 'IMG', 'A', 'AUDIO', 'VIDEO'].includes(e.tagName)).map((e) => e.outerHTML),
        wide: document.documentElement.scrollWidth > innerWidth || document.querySelector('.list').scrollWidth > document.querySelector('.list').clientWidth,
        // What is written from right to left is so within its own element.
        loose: [...document.querySelectorAll('.text, .title, .recent > *')].filter((e) => e.tagName !== 'BDI').map((e) => e.outerHTML),
      }));
      check(!found.ran && found.made.length === 0 && !found.wide && found.loose.length === 0, JSON.stringify(found));
      await tom.context.close();
    }
  },

  // A text of 64 KiB in one line is cut, and there as a whole for those who ask.
  async whole(title, long) {
    const tom = await enter('tom');
    await tom.choose(title);
    const { page } = tom;
    await page.locator('.bubble .link').waitFor();
    check((await page.locator('.bubble .text').innerText()).length < 3000, 'a long text is cut');
    await page.locator('.bubble .link').click();
    check(await page.locator('.bubble .text').textContent() === long, 'all of a long text is there');
  },
});
