// What is said of each page outside it: to search engines, in previews, in its Markdown, on its neighbours.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { chapters, chapterWith, page, reader, tags, url, visit } from './reader.mjs';

beforeEach(() => reader());

/** Every page of a language, taken apart in the browser: fetched, and its scripts not run. */
const take = (language, find) => page.evaluate(async ([addresses, find]) => {
  const take = new Function('document', `return (${find})(document)`);
  return Promise.all(addresses.map(async address => {
    const document = new DOMParser().parseFromString(await (await fetch(address)).text(), 'text/html');
    return { address, ...take(document) };
  }));
}, [chapters.map(chapter => `${url}${language}/${chapter}`), String(find)]);

/** Before the policy of a page forbids the function that is made of a text. */
async function blank() {
  await page.route('**/blank', route => route.fulfill({ body: '<!doctype html><link rel="icon" href="data:,">', contentType: 'text/html' }));
  await visit('blank');
}

for (const language of Object.keys(tags)) test(`search engines and previews know a page of ${language} by its heading and its first paragraph`, async () => {
  await blank();
  const found = await take(language, document => ({
    heading: document.querySelector('main h1').textContent.trim(),
    first: document.querySelector('main p:not([class])').textContent.replace(/\s+/g, ' ').trim(),
    title: document.title,
    description: document.querySelector('meta[name=description]').content,
    shown: document.querySelector('meta[property="og:title"]').content,
    data: JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent),
  }));
  for (const { address, heading, first, title, description, shown, data } of found) {
    assert.ok(title === heading || title.startsWith(`${heading} - `), `${address}: ${title}`);
    assert.ok(description && first.startsWith(description), `${address}: ${description}`);
    assert.deepEqual([shown, data.headline, data.description, data.inLanguage], [heading, heading, description, tags[language]]);
  }
  assert.equal(new Set(found.map(({ title }) => title)).size, chapters.length);
  assert.equal(new Set(found.map(({ description }) => description)).size, chapters.length);
});

test('the picture of a preview is there, as large as previews want it', async () => {
  for (const language of Object.keys(tags)) {
    await visit(`${language}/index.html`);
    const address = new URL(await page.getAttribute('meta[property="og:image"]', 'content'), url);
    const picture = await (await page.request.get(url + address.pathname.slice(1))).body();
    assert.equal(picture.subarray(1, 4).toString(), 'PNG');
    assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [1200, 630]);
  }
});

for (const language of Object.keys(tags)) test(`the Markdown of a page of ${language} has the Rust that the page shows, and no more`, async () => {
  await blank();
  const found = await take(language, document => {
    const blocks = [...document.querySelectorAll('main code.language-rust')];
    for (const hidden of document.querySelectorAll('.boring')) hidden.remove();
    return { blocks: blocks.map(block => block.textContent) };
  });
  assert.ok(found.flatMap(({ blocks }) => blocks).length > 50);
  const same = text => text.replace(/\s+/g, ' ').trim();
  for (const { address, blocks } of found) {
    const markdown = await (await page.request.get(address.replace(/\.html$/, '.md'))).text();
    const written = [...markdown.matchAll(/^ *(`{3,})rust\n([\s\S]*?)^ *\1$/gm)].map(([, , text]) => text);
    assert.deepEqual(written.map(same), blocks.map(same), address);
  }
});

test('hidden lines are hidden without JavaScript too', async () => {
  const chapter = await chapterWith('pre.code .boring');
  await reader({ javaScriptEnabled: false });
  await visit(`en/${chapter}`);
  assert.equal(await page.locator('.boring:visible').count(), 0);
});

for (const language of Object.keys(tags)) test(`the links at the end of a page of ${language} say the title of the page before and after`, async () => {
  await visit(`${language}/${chapters[1]}`);
  const links = await page.$$eval('.nav-wrapper a', links => links.map(link => [link.href, link.innerText.trim()]));
  assert.equal(links.length, 2);
  for (const [address, text] of links) {
    await page.goto(address);
    assert.equal((await page.textContent('main h1')).trim(), text);
  }
});

test('on a wide screen code is wider than the text, and no page is wider than the screen', async () => {
  const chapter = await chapterWith('main > pre.code');
  for (const [width, wider] of [[1900, true], [1500, true], [1280, false]]) {
    await page.setViewportSize({ width, height: 900 });
    await visit(`en/${chapter}`);
    const [code, text, whole] = await page.evaluate(() => [...['main > pre.code', 'main > p'].map(place =>
      document.querySelector(place).getBoundingClientRect().width), document.documentElement.scrollWidth]);
    assert.deepEqual([code > text, whole], [wider, width], `${width} pixels: code ${code}, text ${text}`);
  }
});

test('a page of several crates says of which crate each block is, and how to build each from its zip', async () => {
  const chapter = await chapterWith('.tabs[data-tabs=runtime] pre.code');
  const names = await page.$$eval('pre.code > a.file', links => links.map(link => link.textContent));
  assert.deepEqual(names.filter(name => !/^(examples|ci|book)\//.test(name)), [], chapter);
  const lines = await page.$$eval('.verified li', items => items.map(item => item.textContent));
  for (const line of lines) assert.match(line, /: python -m zipfile -e \S+\.zip \. && cd \S+ && (pip install maturin && maturin develop|cargo build)$/);
  assert.ok(lines.length > 1);
});
