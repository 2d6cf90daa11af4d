// The questions of readers, in questions.json as they type them: the search leads to a page that answers.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { chapters, page, reader, site, visit } from './reader.mjs';

const questions = JSON.parse(readFileSync(path.join(import.meta.dirname, 'questions.json'), 'utf8'));
const indexed = existsSync(path.join(site, 'pagefind')) ? false : 'the site has no index';
const AMONG = 3, ENOUGH = 0.95;

beforeEach(() => reader());

/** The pages that the search box shows for a query, best first, as `core/testing`. */
async function pagesFor(query) {
  await page.locator('#mdbook-searchbar').fill(query);
  await page.locator('#mdbook-searchresults-header').filter({ hasText: query }).waitFor();
  const found = await page.$$eval('#mdbook-searchresults a', links => links.map(link => link.pathname));
  return [...new Set(found.map(address => address.replace(/^\/\w+\/|\.html$/g, '')))];
}

test('both languages have as many questions, 75 at least, and the pages that answer them exist', () => {
  assert.equal(questions.en.length, questions.zh.length);
  for (const language of ['en', 'zh']) {
    const asked = questions[language];
    assert.equal(new Set(asked.map(({ query }) => query)).size, asked.length, language);
    assert.ok(asked.length >= 75, language);
    const names = chapters.map(chapter => chapter.split(path.sep).join('/').replace(/\.html$/, ''));
    assert.deepEqual(asked.flatMap(({ pages }) => pages).filter(name => !names.includes(name)), []);
    assert.deepEqual(asked.filter(({ pages }) => pages.length < 1 || pages.length > 3), []);
  }
});

for (const language of ['en', 'zh']) test(`the questions of ${language} find a page that answers among the first ${AMONG}`, { skip: indexed }, async context => {
  await visit(`${language}/index.html`);
  await page.keyboard.press('/');
  const asked = questions[language], missed = [], nothing = [];
  for (const { query, pages } of asked) {
    const found = await pagesFor(query);
    if (!found.length) nothing.push(query);
    if (!found.slice(0, AMONG).some(name => pages.includes(name))) missed.push(`${query}: found ${found.slice(0, AMONG)}`);
  }
  const rate = 1 - missed.length / asked.length;
  context.diagnostic(`${Math.round(rate * 1000) / 10} % answered; missed: ${missed.join('; ') || 'none'}`);
  assert.deepEqual(nothing, []);
  assert.ok(rate >= ENOUGH, missed.join('\n'));
});
