'use strict';
// A user without a mouse.
const { check, enter, open, tell } = require('./stage');

// tabTo presses Tab until the focus is on what a selector finds. No more often than there are things to come by.
async function tabTo(user, selector, key = 'Tab') {
  for (let i = 0; i < 40; i++) {
    if (await user.page.evaluate((s) => document.activeElement.matches(s), selector)) return;
    await user.page.keyboard.press(key);
  }
  check(false, `${key} leads to ${selector}`);
}

let tom, jerry;

tell({
  async keys() {
    jerry = await enter('jerry');
    tom = await open('tom');
    const { keyboard } = tom.page;
    await tom.looks('desktop-login');
    check(await tom.page.locator('.card input').first().evaluate((i) => i === document.activeElement), 'the name is asked for first');
    await keyboard.type('tom');
    await keyboard.press('Enter');
    await tom.page.locator('aside .status.online').waitFor();

    for (const name of ['jerry', 'spike']) {
      await tabTo(tom, '[aria-label="Add a friend"]');
      await keyboard.press('Enter');
      await tom.page.locator('dialog').waitFor();
      if (name === 'jerry') await tom.looks('desktop-add-friend');
      await keyboard.type(name);
      await keyboard.press('Enter');
      await tom.title(name);
      await tabTo(tom, 'textarea');
      await keyboard.type('for ' + name);
      await keyboard.press('Enter');
      await tom.sees('for ' + name);
      await keyboard.press('Escape');
      await tom.page.locator('.pane > .empty').waitFor();
    }

    // The focus is where it came from, and goes on from there.
    check(await tom.page.evaluate(() => document.activeElement.dataset.key) === 'friend:spike', 'Escape leads back to the list');
    await tabTo(tom, '[data-key="friend:jerry"]');
    await keyboard.press('Enter');
    await tom.title('jerry');
    await tom.sees('for jerry');
    await keyboard.type('one line');
    await keyboard.press('Shift+Enter');
    await keyboard.type('and another');
    await keyboard.press('Enter');
    await tom.sees('one line and another');
    await jerry.choose('tom');
    await jerry.sees('for jerry', 'one line and another');

    // What was said can be read with keys, too, and the emojis be had.
    await tabTo(tom, '.list', 'Shift+Tab');
    await tabTo(tom, '[popovertarget=emoji]');
    await keyboard.press('Enter');
    await tabTo(tom, '.emoji button:nth-child(11)');
    await keyboard.press('Enter');
    await tabTo(tom, 'textarea');
    await keyboard.press('Enter');
    await jerry.sees('👎');
    await tabTo(tom, '[aria-label="Log out"]', 'Shift+Tab');
    await keyboard.press('Enter');
    await tom.page.locator('.card input').first().waitFor();
  },
});
