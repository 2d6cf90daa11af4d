// What the site does, in a real browser: links, search, tabs, copying, and what it has for programs and paper.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { getDocumentProxy } from 'unpdf';
import { assertAccessible, assertColours, chapters, chaptersInTurn, chapterWith, context, expected, moved, page, reader, site, tags, textsIn, url, visit } from './reader.mjs';

const here = import.meta.dirname;

beforeEach(() => reader());

// The different names of the selected tabs of the page.
const selected = () => page.$$eval('[role=tab][aria-selected=true]', tabs => [...new Set(tabs.map(tab => tab.textContent))]);

test('the checks of accessibility see what is wrong, in the colours too', async () => {
  await visit('en/index.html');
  const last = html => page.evaluate(html => {
    document.getElementById('planted')?.remove();
    document.querySelector('main').insertAdjacentHTML('beforeend', `<div id="planted">${html}</div>`);
  }, html);
  for (const [fault, rule] of [
    ['<p style="color: #999; background: #888">faint</p>', /color-contrast/],
    // Text in the usual colour, on a ground that hides it, or seen through.
    ['<div style="background: #333"><p>dark on dark</p></div>', /color-contrast/],
    ['<div style="opacity: 0.3"><p>thin</p></div>', /color-contrast/],
    ['<p>A <a href="#" style="color: #333; text-decoration: none">link</a> in a text like all text.</p>', /link-in-text-block/],
  ]) {
    await last(fault);
    await assert.rejects(assertColours(fault), rule);
  }
  await last('<button></button>');
  await assert.rejects(assertAccessible('all'), /button-name/);
});

test('every page says when it was verified, and the status page counts them all', async () => {
  const file = path.join(here, '../../target/verify.json');
  const record = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const language of Object.keys(tags)) {
    await visit(`${language}/appendix/status.html`);
    const rows = await page.locator('main details table:has(th:nth-child(6)):has(a) tbody tr').count();
    // A site of sources that no whole run has seen says so on each page, and counts nothing.
    const recorded = rows > 0;
    if (recorded) assert.equal(rows, chapters.filter(chapter => chapter !== 'index.html').length + 1);
    const said = await textsIn(chapters.map(chapter => `${language}/${chapter}`), '.verified');
    said.forEach((text, index) => {
      assert.equal(text?.includes('CPython'), recorded, `${language}/${chapters[index]}: ${text}`);
      const ran = recorded && record.steps.some(step => text.includes(step.ran));
      if (recorded) assert.ok(ran && text.includes(`CPython ${record.python}`), text);
    });
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
  assert.ok(expected(/Content Security Policy/).length >= 2);
});

test('what a program printed has an address that stays', async () => {
  const chapter = await chapterWith('pre.console[id]');
  const ids = await page.$$eval('pre.console', nodes => nodes.map(node => [node.id, node.querySelector('a.file').hash]));
  for (const [id, hash] of ids) assert.ok(id && hash === `#${id}`, `${chapter}: ${id}`);
  const kept = readFileSync(path.join(here, '../../book/permanent.txt'), 'utf8').split('\n');
  for (const [id] of ids) assert.ok(kept.includes(`${chapter.split(path.sep).join('/')}#${id}`), id);
});

test('the old address of a page that has moved leads to the page and to the section', async () => {
  assert.ok(moved.length);
  for (const language of Object.keys(tags)) for (const old of moved) for (const section of ['', '#edges']) {
    await visit(`${language}/${old}${section}`);
    await page.waitForURL(address => !address.pathname.endsWith(old));
    assert.equal(new URL(page.url()).hash, section);
    assert.equal(await page.getAttribute('html', 'lang'), tags[language]);
    await page.locator('h2#edges').waitFor();
  }
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
  expected(/404/);
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

/** A page on which the last section holds tabs of another group, the second panel with a heading. */
async function pageWithSystems(chapter) {
  const box = '<div class="tabs" data-tabs="os"><section data-tab="Linux"><p>one</p></section><section data-tab="Windows"><h2 id="in-panel">two</h2></section></div></main>';
  await context.route(`**/${chapter}*`, async route => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace('</main>', box) });
  });
}

test('tabs of operating systems are a choice of their own, and a link into a hidden panel opens it', async () => {
  const chapter = await chapterWith('.tabs[data-tabs=runtime]');
  const runtime = await selected();
  await pageWithSystems(chapter);
  await visit(`zh/${chapter}#in-panel`);
  await page.locator('#in-panel').waitFor({ state: 'visible' });
  assert.deepEqual((await selected()).sort(), [...runtime, 'Windows'].sort());
  assert.equal(await page.locator('[role=tablist]').last().getAttribute('aria-label'), '操作系统');
  await visit(`en/${chapter}`);
  assert.deepEqual((await selected()).sort(), [...runtime, 'Windows'].sort());
  await page.getByRole('tab', { name: 'Linux' }).click();
  assert.ok(await page.locator('#in-panel').isHidden());
  await page.evaluate(() => { location.hash = '#in-panel'; });
  await page.locator('#in-panel').waitFor({ state: 'visible' });
});

test('copying a program gives the whole file, with what the page hides', async () => {
  await chapterWith('pre.code:has(.boring)');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const block = page.locator('pre.code:has(.boring):visible').first();
  const file = await page.request.get(await block.locator('a.file').evaluate(link => link.href));
  const whole = (await file.text()).split('\n').filter(line => !/ANCHOR(_END)?:/.test(line)).join('\n');
  await block.locator('.code-tools button').last().click();
  assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trimEnd(), whole.trimEnd());
});

test('on a phone code wraps instead of scrolling', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await chapterWith('pre.code');
  const wide = await page.$$eval('pre.code > code', blocks => blocks.filter(block => block.scrollWidth > block.clientWidth).length);
  assert.equal(wide, 0);
});

test('a reader whose system is dark gets a dark page, and Chinese emphasis is not slanted', async () => {
  await reader({ colorScheme: 'dark' });
  await visit('zh/index.html');
  assert.match(await page.getAttribute('html', 'class'), /navy/);
  await page.evaluate(() => document.querySelector('main').insertAdjacentHTML('beforeend', '<em>重点</em>'));
  assert.equal(await page.locator('main em').last().evaluate(node => getComputedStyle(node).fontStyle), 'normal');
});

test('the keyboard reaches everything, the skip link first', async () => {
  const chapter = await chapterWith('.tabs[data-tabs=runtime]');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'skip-link');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  await visit(`zh/${chapter}`);
  const missed = await page.evaluate(() => {
    const usable = 'a[href], button, input, summary, [tabindex="0"]';
    window.waiting = new Set([...document.querySelectorAll(usable)]
      .filter(node => node.tabIndex >= 0 && node.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !node.closest('[hidden]')));
    document.addEventListener('focusin', ({ target }) => window.waiting.delete(target));
    return window.waiting.size;
  });
  for (let presses = 0; presses < missed + 5; presses++) await page.keyboard.press('Tab');
  assert.deepEqual(await page.evaluate(() => [...window.waiting].map(node => node.outerHTML.slice(0, 120))), []);
});

const printed = (process.env.GUIDE_PDFS ?? Object.keys(tags).join(' ')).split(' ').filter(Boolean);
for (const language of Object.keys(tags)) {
  const skip = printed.includes(language) ? false : 'its turn is another day';
  test(`${language} is one PDF, whose outline has every page in order and whose links leave no trace of the server`, { skip }, async () => {
    await visit(`${language}/index.html`);
    const address = await page.locator('.pdf-link').evaluate(link => link.href);
    const pdf = await getDocumentProxy(new Uint8Array(await (await page.request.get(address)).body()));
    const titles = (await pdf.getOutline()).map(entry => entry.title.trim());
    const links = [];
    for (let number = 1; number <= pdf.numPages; number++) {
      for (const { url: target } of await (await pdf.getPage(number)).getAnnotations()) if (target) links.push(target);
    }
    assert.deepEqual(links.filter(target => !/^https:/.test(target)), []);
    const pages = await page.$$eval('#mdbook-sidebar .chapter a[href$=".html"]', found => found.map(link => link.href));
    const order = await textsIn(pages, 'main h1');
    assert.ok(order.length > 10);
    assert.deepEqual(titles, order);
  });
}

const queries = {
  zh: ['事件循环', '取消', '运行时', '线程', '回调', '可等待对象', 'into_future', 'no running event loop'],
  en: ['event loop', 'into_future', 'no running event loop'],
};
const indexed = existsSync(path.join(site, 'pagefind')) ? false : 'the site has no index';
for (const language of Object.keys(queries)) for (const query of queries[language]) {
  test(`search finds ${query} in ${language}, by keyboard alone`, { skip: indexed }, async () => {
    await visit(`${language}/index.html`);
    await page.keyboard.press('/');
    await page.keyboard.insertText(query);
    await page.locator('#mdbook-searchresults a').first().waitFor();
    const found = await page.$$eval('#mdbook-searchresults a', links => links.map(link => link.pathname));
    assert.deepEqual(found.filter(address => !address.startsWith(`/${language}/`)), []);
    if (query === queries[language][0]) for (const assertion of [assertAccessible, assertColours]) await assertion('with results');
    for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
    await page.waitForURL(`**${found[0]}*`);
    assert.ok((await page.textContent('main')).toLowerCase().includes(query));
  });
}

for (const language of Object.keys(queries)) test(`every error message of ${language} leads to an output that has it, and the search finds its page`, { skip: indexed }, async () => {
  await visit(`${language}/appendix/error-messages.html`);
  // A term has the messages of an entry; its cause, its fix and its links follow.
  const entries = await page.$$eval('main dt', terms => terms.map(term => {
    const messages = [...term.querySelectorAll('code')].map(code => code.textContent.trim());
    const texts = [];
    for (let text = term.nextElementSibling; text?.tagName === 'DD'; text = text.nextElementSibling) texts.push(text);
    return { messages, texts: texts.length, links: [...texts.at(-1).querySelectorAll('a')].map(link => link.href) };
  }));
  assert.ok(entries.some(({ messages }) => messages.includes('RuntimeError: no running event loop')));
  const outputs = await page.evaluate(async links => {
    const outputs = {}, pages = {};
    for (const link of links) {
      const { pathname, hash } = new URL(link);
      pages[pathname] ??= new DOMParser().parseFromString(await (await fetch(pathname)).text(), 'text/html');
      outputs[link] = pages[pathname].getElementById(hash.slice(1))?.textContent;
    }
    return outputs;
  }, entries.flatMap(({ links }) => links));
  await page.keyboard.press('/');
  for (const { messages, texts, links } of entries) {
    assert.deepEqual([texts, links.length > 0], [3, true], messages[0]);
    assert.deepEqual(links.filter(link => !messages.some(message => outputs[link]?.includes(message))), [], messages[0]);
    for (const message of messages) {
      const own = links.filter(link => outputs[link].includes(message));
      assert.ok(own.length > 0, message);
      await page.locator('#mdbook-searchbar').fill(message);
      await page.locator('#mdbook-searchresults-header').filter({ hasText: message }).waitFor();
      const found = await page.$$eval('#mdbook-searchresults a', results => results.map(result => result.pathname));
      assert.ok(own.some(link => found.includes(new URL(link).pathname)), `${message}: found ${found}`);
    }
  }
});

test('every Chinese word of two characters finds each page that has it', { skip: indexed }, async () => {
  const segments = new Intl.Segmenter('zh', { granularity: 'word' });
  const pagesOf = {};
  for (const chapter of chaptersInTurn('zh')) {
    await visit(`zh/${chapter}`);
    // The words inside a diagram and the labels of blocks are not indexed.
    const text = await page.locator('main').evaluate(main => {
      for (const unindexed of main.querySelectorAll('svg, [data-pagefind-ignore]')) unindexed.remove();
      return main.innerText;
    });
    const words = new Set([...segments.segment(text)].map(part => part.segment).filter(word => /^\p{Script=Han}{2}$/u.test(word)));
    assert.ok(words.size > 5, `${chapter} has hardly a Chinese word`);
    for (const word of words) (pagesOf[word] ??= []).push(`/zh/${chapter}`.replace(/index.html$/, ''));
  }
  const missed = await page.evaluate(async pagesOf => {
    const pagefind = await import(new URL('/pagefind/pagefind.js', location.href));
    await pagefind.init();
    const urls = new Map();
    const urlOf = async ({ id, data }) => urls.get(id) ?? urls.set(id, (await data()).url).get(id);
    const missed = [];
    for (const [word, addresses] of Object.entries(pagesOf)) {
      const { results } = await pagefind.search(word);
      const found = await Promise.all(results.map(urlOf));
      missed.push(...addresses.filter(address => !found.some(url => url.endsWith(address))).map(address => `${word}: ${address}`));
    }
    return missed;
  }, pagesOf);
  assert.ok(Object.keys(pagesOf).length > 100);
  assert.deepEqual(missed, []);
});

test('a word on many pages shows them all when asked', { skip: indexed }, async () => {
  await visit('zh/index.html');
  await page.keyboard.press('/');
  await page.keyboard.insertText('线程');
  const results = page.locator('#mdbook-searchresults a');
  await results.first().waitFor();
  const before = await results.count();
  await page.locator('#mdbook-searchresults .more').click();
  await page.waitForFunction(count => document.querySelectorAll('#mdbook-searchresults a').length > count, before);
  assert.equal(await page.locator('#mdbook-searchresults .more').count(), 0);
  const focused = await results.evaluateAll(links => links.indexOf(document.activeElement));
  assert.equal(focused, before);
});

test('a site without an index works and says that search is off', async () => {
  await context.route('**/pagefind/**', route => route.fulfill({ status: 404, body: '' }));
  for (const [language, said] of [['en', 'Search is off'], ['zh', '搜索不可用']]) {
    await visit(`${language}/index.html`);
    await page.keyboard.press('/');
    await page.locator('#mdbook-searchresults-header', { hasText: said }).waitFor();
  }
  expected(/404/);
});
