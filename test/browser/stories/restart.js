'use strict';
// A server goes away and comes back under two users.
const { check, enter, phone, tell } = require('./stage');

let tom, jerry;

tell({
  async before() {
    tom = await enter('tom');
    jerry = await enter('jerry', phone);
    await tom.befriend('jerry');
    await tom.say('before');
    await jerry.choose('tom');
    await jerry.sees('before');
    tom.isCut = jerry.isCut = true;
  },

  // What is written waits for nothing: it stands there at once, and says where it is. Who is online is not known.
  async during() {
    for (const user of [tom, jerry]) {
      await user.page.locator('.banner').getByText(/connection/).waitFor();
      await user.page.locator('.thread .status:not(.online)').waitFor({ state: 'attached' });
      check((await user.page.locator('.dot').count()) === 0, `${user.name} believes nobody to be online`);
    }
    const field = tom.page.locator('.composer textarea');
    for (const text of ['first of what waits', 'second of what waits']) {
      await field.pressSequentially(text);
      await field.press('Enter');
      // Without a wait: the answer to a key is the page's alone.
      const shown = await tom.page.evaluate(() => [...document.querySelectorAll('.message')].at(-1).innerText);
      check(shown.includes(text) && shown.includes('Waiting'), `what was typed is there, and waits: ${shown}`);
    }
    await jerry.page.locator('.composer textarea').fill('from the phone');
    await jerry.page.locator('.composer .round').click();
    await tom.looks('desktop-reconnecting');
    await jerry.looks('phone-reconnecting');
  },

  // What waited is sent, once and in order, and what was missed is read.
  async after() {
    for (const user of [tom, jerry]) {
      await user.page.locator('.banner:empty').waitFor({ state: 'attached' });
      await user.sees('first of what waits', 'second of what waits', 'from the phone');
      await user.settled();
      user.isCut = false;
    }
    await tom.say('after');
    await jerry.sees('after');
    for (const user of [tom, jerry]) await user.page.locator('.thread .status.online').waitFor();
    for (const user of [tom, jerry]) {
      const texts = await user.page.locator('.bubble .text').allInnerTexts();
      const counted = texts.filter((x) => x !== 'from the phone');
      check(counted.join() === 'before,first of what waits,second of what waits,after' && texts.length === 5, `${user.name} sees each once, in order: ${texts}`);
    }
  },
});
