// Prints languages of the built site into one PDF each, with an outline: node pdf.mjs SITE LANGUAGE=FILE...
import path from 'node:path';
import { openBrowser, serve } from './browser.mjs';

const [site, ...wanted] = process.argv.slice(2);
const { url, stop } = await serve(site);
const browser = await openBrowser();
try {
  for (const [language, file] of wanted.map(one => one.split('='))) {
    const page = await browser.newPage({ colorScheme: 'light' });
    // mdBook's page opens the dialogue of the browser by itself, which would wait for a reader.
    await page.addInitScript(() => { window.print = () => {}; });
    await page.goto(`${url}${language}/print.html`, { waitUntil: 'load' });
    // What a reader would open by hand is on paper from the start.
    await page.$$eval('details', nodes => { for (const node of nodes) node.open = true; });
    // A file beside the page has no address in a PDF, which may be anywhere.
    await page.$$eval('a[href]', links => {
      for (const link of links) {
        if (link.origin === location.origin && link.pathname !== location.pathname) link.removeAttribute('href');
      }
    });
    await page.pdf({
      path: path.join(site, file),
      scale: 0.85,
      format: 'A4',
      margin: { top: '18mm', bottom: '18mm', left: '16mm', right: '16mm' },
      outline: true,
      tagged: true,
      displayHeaderFooter: true,
      headerTemplate: '<span></span>',
      footerTemplate: '<div style="width: 100%; text-align: center; font-size: 8px"><span class="pageNumber"></span></div>',
    });
    await page.close();
  }
} finally {
  await browser.close();
  stop();
}
