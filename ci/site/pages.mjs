// Every page of one language, as a phone and a desktop show it, in every theme.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { assertAccessible, assertColours, chaptersInTurn, page, reader, tags, uncolourCode, visit } from './reader.mjs';

const WIDE = { width: 1280, height: 800 };
const SIZES = [WIDE, { width: 360, height: 740 }];
const THEMES = ['light', 'rust', 'coal', 'navy', 'ayu'];

/** With the colours it ends with: half-way between two themes, a text has those of neither. */
const choose = theme => page.evaluate(name => {
  document.getElementById(`mdbook-theme-${name}`).click();
  for (const transition of document.getAnimations()) transition.finish();
}, theme);

export function testPages(language) {
  beforeEach(() => reader());
  for (const chapter of chaptersInTurn(language)) test(`${language}/${chapter}: clean, in its language, as wide as the screen, accessible`, async () => {
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await visit(`${language}/${chapter}`);
      assert.equal(await page.getAttribute('html', 'lang'), tags[language]);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), size.width);
      // Code has the same colours at every size.
      if (size !== WIDE) await uncolourCode();
      for (const theme of THEMES) {
        await choose(theme);
        await assertColours(`${theme}, ${size.width} pixels`);
      }
      await uncolourCode();
      await assertAccessible(`${size.width} pixels`);
    }
    const names = await page.$$eval(':is([title], [aria-label], [placeholder]):not(main *, [lang])', nodes =>
      nodes.flatMap(node => [node.title, node.ariaLabel, node.placeholder].filter(Boolean)));
    assert.deepEqual(names.filter(name => /\p{Script=Han}/u.test(name) !== (language === 'zh')), []);
    assert.equal(await page.locator('main .verified').count(), 1);
  });
}
