// Every page of one language, as a phone and a desktop show it, in every theme.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { assertAccessible, chapters, COLOURS, page, reader, tags, visit } from './reader.mjs';

// A phone shows nothing in colours that a desktop does not show: there one theme is enough.
const SIZES = [
  { width: 360, height: 740, themes: ['light'] },
  { width: 1280, height: 800, themes: ['light', 'rust', 'coal', 'navy', 'ayu'] },
];

export function testPages(language) {
  beforeEach(() => reader());
  for (const chapter of chapters) test(`${language}/${chapter}: clean, in its language, as wide as the screen, accessible`, async () => {
    for (const { themes, ...size } of SIZES) {
      await page.setViewportSize(size);
      await visit(`${language}/${chapter}`);
      assert.equal(await page.getAttribute('html', 'lang'), tags[language]);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), size.width);
      for (const theme of themes) {
        await page.evaluate(name => document.getElementById(`mdbook-theme-${name}`).click(), theme);
        await assertAccessible(`${theme}, ${size.width} pixels`, theme === 'light' ? undefined : COLOURS);
      }
    }
    const names = await page.$$eval(':is([title], [aria-label], [placeholder]):not(main *, [lang])', nodes =>
      nodes.flatMap(node => [node.title, node.ariaLabel, node.placeholder].filter(Boolean)));
    assert.deepEqual(names.filter(name => /\p{Script=Han}/u.test(name) !== (language === 'zh')), []);
    assert.equal(await page.locator('main .verified').count(), 1);
  });
}
