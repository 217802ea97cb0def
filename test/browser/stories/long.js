'use strict';
// A conversation of many messages, whose rows have their numbers.
const { check, enter, tell, until } = require('./stage');

// Rows that are near what is seen, and all elements of a page that shows them. A row is at least 30 pixels high, of which 800 and twice 600 are
// made.
const maxRows = 80;
const maxElements = 2000;

// How far is scrolled at a time, in views. What is made beyond one on either side is nearly as high as it is.
const step = 2;

// view is what is in the document: the numbers of messages, in order, and how many elements; after it was scrolled by so many views.
const view = (page, by = 0) => page.evaluate(async (views) => {
  const list = document.querySelector('.list');
  list.scrollTop += views * list.clientHeight;
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
  return {
    numbers: [...list.querySelectorAll('[data-key^="n-"]')].map((e) => Number(e.dataset.key.slice(2))),
    elements: document.querySelectorAll('*').length,
  };
}, by);

function bounded({ numbers, elements }) {
  check(numbers.length <= maxRows && elements <= maxElements, `${numbers.length} rows and ${elements} elements are in the document, at most ${maxRows} and ${maxElements}`);
  check(numbers.every((n, i) => i === 0 || n === numbers[i - 1] + 1), 'one follows the other: ' + numbers);
}

tell({
  async scroll(count) {
    const tom = await enter('tom');
    const { page } = tom;
    const list = page.locator('.list');
    await tom.choose('jerry');
    await until('the newest is seen', async () => (await view(page)).numbers.at(-1) === count);
    bounded(await view(page));

    // Up, page by page, to the beginning: who tells the story has the patience.
    for (let first = count; first !== 1;) {
      const now = await view(page, -count);
      bounded(now);
      [first] = now.numbers;
    }
    await page.locator('.message .day').first().waitFor();
    await tom.looks('desktop-beginning');

    // And down, by all that is there.
    const seen = new Set((await view(page)).numbers);
    for (let last = 0; last !== count;) {
      const now = await view(page, step);
      bounded(now);
      now.numbers.forEach((n) => seen.add(n));
      last = now.numbers.at(-1);
    }
    check(seen.size === count, `all ${count} were seen on the way: ${seen.size}`);

    // And to the end at once.
    await list.evaluate((l) => { l.scrollTop = l.scrollHeight / 3; });
    await page.locator('.latest').click();
    await until('the newest is seen', async () => (await view(page)).numbers.at(-1) === count);
    bounded(await view(page));
    await tom.say('one more');
    bounded(await view(page));
  },

  // What is seen stays where it is when earlier messages come: of the rows of before, none moves.
  async still() {
    const tom = await enter('tom');
    const { page } = tom;
    await tom.choose('jerry');
    await tom.page.locator('.message').first().waitFor();
    const list = page.locator('.list');
    const scrollTo = (top) => list.evaluate(async (l, to) => {
      l.scrollTop = to;
      for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
      return l.scrollTop;
    }, top);
    const places = () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.message')].map((m) => [m.dataset.key, m.getBoundingClientRect().bottom])));
    const from = await scrollTo(1000);
    const [before, height] = [await places(), await list.evaluate((l) => l.scrollHeight)];
    await scrollTo(590);
    await until('earlier ones come', () => list.evaluate((l, h) => l.scrollHeight > h + 1000, height));
    const after = await places();
    const moved = Object.keys(after).filter((k) => k in before).map((k) => Math.round(after[k] - before[k]));
    check(moved.length > 10 && moved.every((m) => Math.abs(m - (from - 590)) <= 1), `all have moved by the ${from - 590} that were scrolled: ${moved}`);
  },
});
