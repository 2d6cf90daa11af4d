// What the site weighs, how fast it answers and how its build grows, beside stock mdBook on the same chapters.
// node measure.mjs GUIDE: GUIDE is the program behind the recipes. Prints one table; nothing is compared.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { openBrowser, serve } from './browser.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const guide = path.resolve(process.argv[2]);
const LANGUAGES = ['en', 'zh'];
const MORE = 300;
const scratch = mkdtempSync(path.join(tmpdir(), 'guide-measure-'));

/** The repository's sources with `more` further chapters, each a copy of one that is there. */
function sources(more) {
  const copy = path.join(scratch, `sources-${more}`);
  for (const name of ['book', 'examples', 'ci', 'Cargo.toml', 'Cargo.lock', 'book.toml', 'justfile']) {
    cpSync(path.join(root, name), path.join(copy, name), { recursive: true, preserveTimestamps: true, filter: from => !/\/target\/?$/.test(from) });
  }
  for (const language of LANGUAGES) {
    const book = path.join(copy, 'book', language);
    const originals = readdirSync(path.join(book, 'core'));
    mkdirSync(path.join(book, 'more'));
    let summary = '\n# More\n\n';
    for (let number = 0; number < more; number++) {
      const text = readFileSync(path.join(book, 'core', originals[number % originals.length]), 'utf8');
      writeFileSync(path.join(book, 'more', `${number}.md`), text);
      summary += `- [Chapter ${number}](more/${number}.md)\n`;
    }
    const file = path.join(book, 'SUMMARY.md');
    writeFileSync(file, readFileSync(file, 'utf8') + (more ? summary : ''));
  }
  return copy;
}

function seconds(work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };

/** Builds both languages with the index: the seconds, and where the site is. */
function ours(copy) {
  const took = seconds(() => execFileSync(guide, ['build'], { cwd: copy, ...quiet }));
  return { took, site: path.join(copy, 'target/site') };
}

/** The same chapters through mdBook alone, as `mdbook init` would configure it. */
function stock(copy) {
  const site = path.join(copy, 'target/stock');
  const took = seconds(() => {
    for (const language of LANGUAGES) {
      const book = path.join(copy, 'target', `stock-${language}`);
      mkdirSync(book, { recursive: true });
      writeFileSync(path.join(book, 'book.toml'), `[book]\ntitle = "stock"\nlanguage = "${language}"\nsrc = "../../book/${language}"\n`);
      execFileSync('mdbook', ['build', '--dest-dir', path.join(site, language), book], { ...quiet, stdio: 'ignore' });
    }
  });
  // What ci/serve.py takes for a site.
  writeFileSync(path.join(site, 'index.html'), '');
  return { took, site };
}

const PACKED = /\.(html|css|js|json|svg|xml|txt|md)$/;

/** The requests of a first view of one page and of a then first view of another, and what they weigh packed. */
async function views(browser, site) {
  const { url, stop } = await serve(site);
  const context = await browser.newContext();
  const page = await context.newPage();
  const rows = [];
  for (const address of ['en/core/await-rust.html', 'en/core/uvloop.html']) {
    const answers = [];
    const listen = response => answers.push(response);
    page.on('response', listen);
    await page.goto(url + address, { waitUntil: 'networkidle' });
    page.off('response', listen);
    let bytes = 0;
    for (const response of answers.filter(answer => answer.status() === 200)) {
      const body = await response.body().catch(() => Buffer.alloc(0));
      bytes += PACKED.test(new URL(response.url()).pathname) ? gzipSync(body).length : body.length;
    }
    rows.push({ requests: answers.length, kilobytes: bytes / 1000, elsewhere: answers.filter(answer => !answer.url().startsWith(url)).length });
  }
  await context.close();
  stop();
  return rows;
}

/** From the last key to the first result, the index not yet loaded, in milliseconds: the middle of seven readers. */
async function firstResult(browser, site, language, query) {
  const { url, stop } = await serve(site);
  const times = [];
  for (let reader = 0; reader < 7; reader++) {
    const page = await browser.newPage();
    await page.goto(`${url}${language}/index.html`, { waitUntil: 'networkidle' });
    await page.keyboard.press('/');
    const start = process.hrtime.bigint();
    await page.keyboard.insertText(query);
    await page.locator('#mdbook-searchresults a').first().waitFor();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
    await page.close();
  }
  stop();
  return times.sort((a, b) => a - b)[3];
}

const browser = await openBrowser();
try {
  for (const more of [0, MORE]) {
    const copy = sources(more);
    const chapters = readdirSync(path.join(copy, 'book/en'), { recursive: true }).filter(name => name.endsWith('.md')).length - 1;
    for (const [name, build] of [['ours', ours], ['stock mdBook', stock]]) {
      const { took, site } = build(copy);
      console.log(`${name}, ${chapters} chapters a language: built in ${took.toFixed(1)} s`);
      const [first, second] = await views(browser, site);
      for (const [which, view] of [['first', first], ['second', second]]) {
        console.log(`  ${which} view: ${view.requests} requests, ${view.kilobytes.toFixed(0)} kB packed, ${view.elsewhere} to other hosts`);
      }
      if (build === ours) {
        for (const [language, query] of [['en', 'event loop'], ['zh', '事件循环']]) {
          console.log(`  first result for ${query}: ${(await firstResult(browser, site, language, query)).toFixed(0)} ms`);
        }
      }
    }
  }
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
