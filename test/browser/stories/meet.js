'use strict';
// Three users meet: tom at a desk, jerry with a phone, spike at a dark screen in Chinese.
const { check, desktop, enter, phone, tell, until } = require('./stage');

const chinese = { ...desktop, locale: 'zh-CN', colorScheme: 'dark' };

// picture is a file with a picture of that size, which a page draws.
async function picture(user, width, height) {
  const data = await user.page.evaluate(async ([w, h]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
    const pen = canvas.getContext('2d');
    const sky = pen.createLinearGradient(0, 0, w, h);
    for (const [i, colour] of ['#1d4ed8', '#f59e0b', '#be123c'].entries()) sky.addColorStop(i / 2, colour);
    pen.fillStyle = sky;
    pen.fillRect(0, 0, w, h);
    return canvas.toDataURL('image/png').split(',')[1];
  }, [width, height]);
  return { name: 'evening.png', mimeType: 'image/png', buffer: Buffer.from(data, 'base64') };
}

// pictured waits for a picture from the server, and returns its size and where it leads.
async function pictured(user) {
  const img = user.page.locator('.bubble a img');
  await img.waitFor();
  await until('the picture has come', () => img.evaluate((i) => i.naturalWidth > 0));
  return img.evaluate((i) => ({ width: i.naturalWidth, height: i.naturalHeight, original: i.closest('a').href }));
}

let tom, jerry, spike;

tell({
  async logIn() {
    tom = await enter('tom');
    jerry = await enter('jerry', phone);
    spike = await enter('spike', chinese);
    await tom.looks('desktop-nobody');
    await jerry.looks('phone-nobody');
  },

  async friends() {
    await tom.befriend('jerry');
    await tom.say('Hello jerry, are you there?');
    // What comes while another conversation is open, or none, is unread.
    await jerry.conversation('tom').locator('.unread').getByText('1', { exact: true }).waitFor();
    await jerry.looks('phone-unread');
    await jerry.choose('tom');
    await jerry.sees('Hello jerry, are you there?');
    await jerry.say('I am, on the train 🚆');
    await tom.sees('I am, on the train 🚆');
    check(await jerry.page.locator('.unread').count() === 0, 'what was looked at is read');

    await jerry.page.locator('[popovertarget=emoji]').click();
    await jerry.looks('phone-emoji');
    await jerry.page.locator('.emoji').getByText('🎉').click();
    await jerry.page.keyboard.press('Enter');
    await tom.sees('🎉');
    await tom.conversation('jerry').locator('.dot').waitFor();
  },

  async pictures() {
    await tom.page.bringToFront();
    await tom.picture(await picture(tom, 800, 400));
    await tom.settled();
    const seen = await pictured(jerry);
    check(seen.width === 128 && seen.height === 64, `jerry sees a thumbnail: ${JSON.stringify(seen)}`);
    const status = await jerry.page.evaluate(async (file) => (await fetch(file)).status, seen.original);
    check(status === 200, `the picture itself is there: ${status}`);
    await tom.looks('desktop-friend');
    await jerry.looks('phone-friend');
  },

  async group() {
    await tom.group('Weekend', 'jerry', 'spike');
    await tom.say('Who is coming on Saturday?');
    await spike.choose('Weekend');
    await spike.sees('Who is coming on Saturday?');
    await spike.say('我来！');
    await tom.sees('我来！');
    await jerry.back();
    await jerry.choose('Weekend');
    await jerry.sees('Who is coming on Saturday?', '我来！');
    await jerry.say('Me, too.');
    await spike.sees('Me, too.');
    await spike.looks('desktop-group-dark-chinese');
    await tom.page.locator('.thread header .plain').last().click();
    await tom.page.locator('dialog').getByText('spike').waitFor();
    await tom.looks('desktop-members');
    await tom.page.keyboard.press('Escape');
  },

  async room() {
    // What was begun stays where it was, while something else is looked at.
    await tom.page.locator('.composer textarea').fill('Bring your');
    await tom.choose('jerry');
    await tom.page.locator('.composer textarea').fill('');
    await tom.choose('Weekend');
    check(await tom.page.locator('.composer textarea').inputValue() === 'Bring your', 'a draft stays');
    await tom.page.locator('.composer textarea').fill('');
    await tom.room('Lobby', 'jerry', 'spike');
    await tom.say('Anybody for a round?');
    await spike.choose('Lobby');
    await spike.sees('Anybody for a round?');
    await spike.say('马上来');
    await tom.sees('马上来');
    await jerry.back();
    await jerry.conversation('Lobby').waitFor();
    await jerry.looks('phone-list');
    await tom.looks('desktop-room');
  },

  // What is stored is there after a reload, with the user; what was said in a room is not.
  async reload() {
    await jerry.page.reload();
    await jerry.choose('tom');
    await jerry.sees('Hello jerry, are you there?', 'I am, on the train 🚆', '🎉');
    await pictured(jerry);
    await jerry.back();
    await jerry.choose('Weekend');
    await jerry.sees('Who is coming on Saturday?', '我来！', 'Me, too.');
    await jerry.back();
    await jerry.choose('Lobby');
    await jerry.page.locator('.said > .empty').waitFor();
    check(await jerry.page.locator('.bubble').count() === 0, 'a room keeps nothing');
  },

  // A friend who goes is seen to go.
  async goodbye() {
    await tom.choose('jerry');
    await jerry.context.close();
    await tom.conversation('jerry').locator('.dot').waitFor({ state: 'detached' });
    await tom.page.locator('.thread .status:not(.online)').waitFor();
  },
});
