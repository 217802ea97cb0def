'use strict';
// tom listens in a room.
const { check, enter, tell } = require('./stage');

let tom;

tell({
  async listens(title) {
    tom = await enter('tom');
    await tom.choose(title);
  },

  // The last text is the last that was said.
  async heard(texts) {
    await tom.sees(texts.at(-1));
    const shown = await tom.page.locator('.bubble .text').allInnerTexts();
    check(shown.join() === texts.join(), `each is shown once: ${shown}`);
  },
});
