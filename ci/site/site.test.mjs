// Tests of the built site in a real browser. SITE=<folder> tests another site than target/site.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const here = import.meta.dirname;
const site = path.resolve(process.env.SITE ?? path.join(here, '../../target/site'));
const tags = { en: 'en', zh: 'zh-Hans' };
// The print page and the list of contents are not for reading on a screen.
const chapters = readdirSync(path.join(site, 'en'), { recursive: true })
  .filter(file => file.endsWith('.html') && !['print.html', 'toc.html'].includes(file)).sort();
let server, url, browser, context, page, problems;

before(async () => {
  server = spawn('python3', [path.join(here, '../serve.py'), '--no-open', '--site', site]);
  url = await new Promise((found, failed) => {
    server.stdout.once('data', line => found(String(line).match(/http:\S+/)[0]));
    server.stderr.once('data', line => failed(new Error(String(line))));
  });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => { await browser?.close(); server?.kill(); });

// A new reader, of whom nothing is remembered.
async function reader(options = {}) {
  await context?.close();
  problems = [];
  context = await browser.newContext({ locale: 'en-US', ...options });
  context.setDefaultTimeout(10_000);
  context.on('request', request => /^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url()) || problems.push(`asks ${request.url()}`));
  context.on('response', response => response.status() < 400 || problems.push(`${response.status()} ${response.url()}`));
  context.on('weberror', ({ error }) => problems.push(String(error())));
  context.on('console', message => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
  page = await context.newPage();
}
beforeEach(() => reader());
afterEach(() => assert.deepEqual(problems, []));

const visit = address => page.goto(url + address);
// The different names of the selected tabs of the page.
const selected = () => page.$$eval('[role=tab][aria-selected=true]', tabs => [...new Set(tabs.map(tab => tab.textContent))]);

// The tests name no chapter: each finds one that holds what it is about.
async function chapterWith(selector) {
  for (const chapter of chapters) {
    await visit(`en/${chapter}`);
    if (await page.locator(selector).count()) return chapter;
  }
  assert.fail(`no chapter has ${selector}`);
}

async function assertAccessible(state) {
  const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await new AxeBuilder({ page }).withTags(standards).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ').slice(0, 300)}`), [], state);
}

for (const [language, tag] of Object.entries(tags)) for (const chapter of chapters) {
  test(`${language}/${chapter}: clean, in its language, as wide as a phone, accessible`, async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await visit(`${language}/${chapter}`);
    assert.equal(await page.getAttribute('html', 'lang'), tag);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    const names = await page.$$eval(':is([title], [aria-label], [placeholder]):not(main *, [lang])', nodes =>
      nodes.flatMap(node => [node.title, node.ariaLabel, node.placeholder].filter(Boolean)));
    assert.deepEqual(names.filter(name => /\p{Script=Han}/u.test(name) !== (language === 'zh')), []);
    assert.equal(await page.locator('main .verified').count(), 1);
    await page.setViewportSize({ width: 1280, height: 800 });
    for (const theme of ['light', 'navy']) {
      await page.evaluate(name => document.getElementById(`mdbook-theme-${name}`).click(), theme);
      await assertAccessible(theme);
    }
  });
}

test('every page says when it was verified, and the status page counts them all', async () => {
  const file = path.join(here, '../../target/verify.json');
  const record = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const language of Object.keys(tags)) {
    await visit(`${language}/appendix/status.html`);
    const rows = await page.locator('main table:has(a) tbody tr').count();
    // A site of sources that no whole run has seen says so on each page, and counts nothing.
    const recorded = rows > 0;
    if (recorded) assert.equal(rows, chapters.filter(chapter => chapter !== 'index.html').length + 1);
    for (const chapter of chapters) {
      await visit(`${language}/${chapter}`);
      const said = await page.locator('.verified').textContent();
      assert.equal(said.includes('CPython'), recorded, `${language}/${chapter}: ${said}`);
      if (recorded) assert.ok(said.includes(record.date) && said.includes(`CPython ${record.python}`), said);
    }
  }
});

test('the policy of a page lets no other script run and asks no other host', async () => {
  await visit(`en/${chapters[0]}`);
  const ran = await page.evaluate(async () => {
    const script = Object.assign(document.createElement('script'), { textContent: 'window.planted = true' });
    document.head.append(script);
    const answer = await fetch('https://elsewhere.invalid/').then(() => 'asked', error => error.name);
    return [window.planted ?? false, answer];
  });
  assert.deepEqual(ran, [false, 'TypeError']);
  const refused = problems.filter(problem => problem.includes('Content Security Policy'));
  assert.equal(refused.length, problems.length, problems.join());
  assert.ok(refused.length >= 2);
  problems = [];
});

test('what a program printed has an address that stays', async () => {
  const chapter = await chapterWith('pre.console[id]');
  const ids = await page.$$eval('pre.console', nodes => nodes.map(node => [node.id, node.querySelector('a.file').hash]));
  for (const [id, hash] of ids) assert.ok(id && hash === `#${id}`, `${chapter}: ${id}`);
  const kept = readFileSync(path.join(here, '../../book/permanent.txt'), 'utf8').split('\n');
  for (const [id] of ids) assert.ok(kept.includes(`${chapter.split(path.sep).join('/')}#${id}`), id);
});

test('programs find each page as Markdown, and lists of all pages', async () => {
  const get = async address => { const answer = await page.request.get(url + address); assert.equal(answer.status(), 200, address); return answer.text(); };
  const [llms, sitemap] = [await get('llms.txt'), await get('sitemap.xml')];
  for (const language of Object.keys(tags)) for (const chapter of chapters) {
    const name = chapter.replace('.html', '.md');
    const markdown = await get(`${language}/${name}`);
    assert.match(markdown, /^# /);
    assert.doesNotMatch(markdown, /\{\{|,skt-/);
    assert.ok(llms.includes(`(${language}/${name})`) && sitemap.includes(`${language}/${chapter}</loc>`), name);
  }
});

test('a block names its file and links to the whole of it, and a page to the zips of its crates', async () => {
  const chapter = await chapterWith('pre > a.file');
  const links = await page.$$eval('pre > a.file, .verified a[href$=".zip"]', nodes => nodes.map(node => [node.textContent, node.href]));
  for (const [name, href] of links) {
    const answer = await page.request.get(href);
    assert.equal(answer.status(), 200, href);
    if (href.endsWith('.zip')) assert.equal((await answer.body()).subarray(0, 2).toString(), 'PK');
    else assert.ok(href.endsWith(`/${name}.txt`) && (await answer.text()).length > 0, href);
  }
  assert.ok(links.some(([, href]) => href.endsWith('.zip')), chapter);
});

test('the language link keeps the page and the section, and is remembered', async () => {
  const chapter = await chapterWith('main h2[id]');
  const id = await page.locator('main h2[id]').last().getAttribute('id');
  await visit(`en/${chapter}#${id}`);
  await page.click('#language-link');
  await page.waitForURL(`**/zh/${chapter}#${id}`);
  await visit('').then(() => page.waitForURL('**/zh/index.html'));
});

/** A reader opens what is closed to see the tabs in it. */
async function openDetailsWithTabs() {
  for (const summary of await page.locator('details:has(.tabs) > summary').all()) await summary.click();
}

test('without JavaScript the language link is a link and every panel of tabs shows', async () => {
  const chapter = await chapterWith('.tabs');
  await reader({ javaScriptEnabled: false });
  await visit(`en/${chapter}`);
  await openDetailsWithTabs();
  for (const panel of await page.locator('.tabs > section').all()) assert.ok(await panel.isVisible());
  await page.click('#language-link');
  assert.equal(page.url(), `${url}zh/${chapter}`);
});

test('the landing page follows the browser', async () => {
  for (const [locale, language] of [['zh-CN', 'zh'], ['zh-TW', 'zh'], ['en-GB', 'en'], ['fr-FR', 'en']]) {
    await reader({ locale });
    await visit('').then(() => page.waitForURL(`**/${language}/index.html`));
  }
});

test('an unknown address answers 404 in both languages', async () => {
  assert.equal((await visit('zh/no/such/page.html')).status(), 404);
  assert.deepEqual(await page.$$eval('main a', links => links.map(link => link.pathname)), ['/en/index.html', '/zh/index.html']);
  problems = problems.filter(problem => !problem.includes('404'));
});

test('tabs: one choice for the page, other pages and windows, by mouse and by keyboard', async () => {
  const chapter = await chapterWith('.tabs[data-tabs=runtime]');
  const tab = name => page.locator('.tabs[data-tabs=runtime]').last().getByRole('tab', { name });
  const window = await context.newPage();
  await window.goto(page.url());
  await openDetailsWithTabs();
  await tab('async-std').click();
  assert.deepEqual(await selected(), ['async-std']);
  await window.waitForFunction(() => document.querySelector('[aria-selected=true]').textContent === 'async-std');
  await visit(`zh/${chapter}`);
  await openDetailsWithTabs();
  assert.deepEqual(await selected(), ['async-std']);
  await tab('async-std').press('ArrowRight');
  assert.deepEqual(await selected(), ['tokio']);
  assert.equal(page.url(), `${url}zh/${chapter}`, 'the arrow key turned the page');
  await page.emulateMedia({ media: 'print' });
  for (const panel of await page.locator('.tabs > section').all()) assert.ok((await panel.boundingBox()).height > 20);
});

test('copying a transcript gives what was typed and nothing else', async () => {
  await chapterWith('pre.console');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const block = page.locator('pre.console:visible').first();
  const shown = (await block.locator('code').textContent()).split('\n').filter(Boolean);
  await block.locator('.code-tools button').last().click();
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
  assert.deepEqual(copied.filter(line => !shown.includes(`$ ${line}`) && !shown.includes(line)), []);
  assert.ok(shown.includes(`$ ${copied[0]}`) && !copied.some(line => line.startsWith('$ ')), copied.join('\n'));
});

const queries = { zh: ['事件循环', '运行时', '线程', 'asyncio'], en: ['event loop'] };
for (const language of Object.keys(queries)) for (const query of queries[language]) {
  const skip = existsSync(path.join(site, 'pagefind')) ? false : 'the site has no index';
  test(`search finds ${query} in ${language}, by keyboard alone`, { skip }, async () => {
    await visit(`${language}/index.html`);
    await page.keyboard.press('/');
    await page.keyboard.insertText(query);
    await page.locator('#mdbook-searchresults a').first().waitFor();
    const found = await page.$$eval('#mdbook-searchresults a', links => links.map(link => link.pathname));
    assert.deepEqual(found.filter(address => !address.startsWith(`/${language}/`)), []);
    if (query === queries[language][0]) await assertAccessible('with results');
    for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
    await page.waitForURL(`**${found[0]}*`);
    assert.ok((await page.textContent('main')).toLowerCase().includes(query));
  });
}
