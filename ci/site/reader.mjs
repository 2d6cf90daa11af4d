// A reader of the built site, for the tests. SITE=<folder> tests another site than target/site.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import axe from 'axe-core';
import { openBrowser, serve } from './browser.mjs';

export const site = path.resolve(process.env.SITE ?? path.join(import.meta.dirname, '../../target/site'));
export const tags = { en: 'en', zh: 'zh-Hans' };
// The print page and the list of contents are not for reading on a screen.
const files = readdirSync(path.join(site, 'en'), { recursive: true })
  .filter(file => file.endsWith('.html') && !['print.html', 'toc.html'].includes(file)).sort();
const leadsOn = file => readFileSync(path.join(site, 'en', file), 'utf8').includes('http-equiv="refresh"');
export const chapters = files.filter(file => !leadsOn(file));
/** The old addresses of pages that have moved. */
export const moved = files.filter(leadsOn);

// Language/chapter, with spaces between: those whose turn it is, if not all.
const asked = process.env.GUIDE_PAGES?.split(' ');
/** The chapters of a language for a test that takes long for each. */
export const chaptersInTurn = language => chapters.filter(chapter => !asked || asked.includes(`${language}/${chapter}`));

// What a test uses now: `url` ends with a slash, and every complaint of the browser is a problem.
export let url, context, page, problems = [];
let server, browser;

before(async () => {
  browser = await openBrowser();
  server = await serve(site);
  ({ url } = server);
});
afterEach(async () => {
  const cookies = await context.cookies();
  assert.deepEqual([...problems, ...cookies], []);
});
after(async () => { await browser?.close(); server?.stop(); });

/** A new reader, of whom nothing is remembered. */
export async function reader(options = {}) {
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

export const visit = address => page.goto(url + address);

/** Takes the problems that a test has caused on purpose out of the list, and returns them. */
export function expected(pattern) {
  const found = problems.filter(problem => pattern.test(problem));
  problems = problems.filter(problem => !pattern.test(problem));
  return found;
}

/** The text of the first element that a selector finds in each page, which is fetched and parsed but not shown. */
export const textsIn = (addresses, selector) => page.evaluate(([addresses, selector]) => Promise.all(addresses.map(async address => {
  const answer = await fetch(address);
  return new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector(selector)?.textContent.trim();
})), [addresses.map(address => new URL(address, url).href), selector]);

/** The tests name no chapter: each finds one that holds what it is about. */
export async function chapterWith(selector) {
  for (const chapter of chapters) {
    await visit(`en/${chapter}`);
    if (await page.locator(selector).count()) return chapter;
  }
  assert.fail(`no chapter has ${selector}`);
}

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules whose outcome depends on the theme. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Takes from the words of highlighted code, more than half of what a page consists of, the spans that only colour them. */
export const uncolourCode = () => page.evaluate(() => {
  for (const span of document.querySelectorAll('code span[class^="hljs-"]')) {
    if (span.attributes.length === 1) span.replaceWith(...span.childNodes);
  }
  document.body.normalize();
});

/** No violation of WCAG 2.2 AA or of axe's best practice, but for the colours of the theme. */
export const assertAccessible = state => assertNoViolation(state, null, {
  runOnly: { type: 'tag', values: STANDARDS },
  rules: Object.fromEntries(COLOURS.map(rule => [rule, { enabled: false }])),
});

// Looks without a violation, of all pages and themes: the colours are part of a look.
const sound = new Set();

/**
 * No violation of the rules about colours. They ask for the colours of a text, its ground, its letters and the text around
 * a link alone, so axe, which takes seconds for a page, looks at one text of each look that it has not seen.
 */
export async function assertColours(state) {
  const looks = await page.evaluateHandle(newLooks, [...sound]);
  const names = await looks.evaluate(found => found.names);
  if (!names.length) return;
  await assertNoViolation(state, looks, { runOnly: { type: 'rule', values: COLOURS } });
  names.forEach(name => sound.add(name));
}

async function assertNoViolation(state, nodes, rules) {
  // As the debugger, not as a script of the page: the page's policy stays as it is.
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe.source);
  const { violations, passes, incomplete } = await page.evaluate(([nodes, options]) => window.axe.run(nodes?.include ?? document, options),
    [nodes, { ...rules, resultTypes: ['violations'] }]);
  assert.ok(passes.length + incomplete.length > 0, `${state}: no rule of axe has found anything to look at`);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ').slice(0, 300)}`), [], state);
}

/** Runs in the page: the looks that are not among the names, and a text, or the link around it, for each. */
function newLooks(known) {
  const grounds = new Map([[null, '']]);
  function ground(element) {
    if (!grounds.has(element)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity].join();
      const below = ground(element.parentElement);
      grounds.set(element, own === 'rgba(0, 0, 0, 0),none,1' ? below : `${below} ${own}`);
    }
    return grounds.get(element);
  }
  function lookOf(element, link) {
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, ground(element)];
    if (link) look.push(getComputedStyle(link).textDecorationLine, getComputedStyle(link).color, getComputedStyle(link.parentElement).color);
    return look.join(';');
  }
  const looks = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const link = element.closest('main :is(p, li, td) a');
    const look = lookOf(element, link);
    if (!looks.has(look)) looks.set(look, link ?? element);
  }
  const names = [...looks.keys()].filter(look => !known.includes(look));
  return { names, include: names.map(name => looks.get(name)) };
}
