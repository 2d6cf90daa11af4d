// Draws the pictures that previews of links show, book/theme/social.LANGUAGE.png: node social.mjs
import path from 'node:path';
import { openBrowser } from './browser.mjs';

const WIDTH = 1200, HEIGHT = 630;
const theme = path.join(import.meta.dirname, '../../book/theme');
const texts = {
  en: { lang: 'en', title: ['Async Rust and', 'Python asyncio'], about: 'In one process, with PyO3. Every example is built and tested.' },
  zh: { lang: 'zh-Hans', title: ['异步 Rust 与', 'Python asyncio'], about: '用 PyO3 在同一个进程里协作。每个示例都经过构建和测试。' },
};

/** Two loops that meet: one of Python, one of Rust. */
const loops = `
  <g fill="none" stroke-width="18">
    <circle cx="920" cy="420" r="90" stroke="#62b0dd"/>
    <circle cx="1030" cy="420" r="90" stroke="#e8956b"/>
    <path d="M 962 340.5 A 90 90 0 0 1 1008.5 405" stroke="#62b0dd"/>
  </g>`;

const drawing = ({ title, about }) => `
  <svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" style="display: block; font-family: system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif">
    <rect width="${WIDTH}" height="${HEIGHT}" fill="#161923"/>
    <rect width="${WIDTH}" height="14" fill="#62b0dd"/>
    ${title.map((line, at) => `<text x="80" y="${190 + at * 100}" font-size="84" font-weight="700" fill="#ffffff">${line}</text>`).join('')}
    ${loops}
    <text x="80" y="560" font-size="32" fill="#c8c9db">${about}</text>
  </svg>`;

const browser = await openBrowser();
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
  for (const [language, text] of Object.entries(texts)) {
    await page.setContent(`<!doctype html><html lang="${text.lang}"><body style="margin: 0">${drawing(text)}</body></html>`);
    await page.screenshot({ path: path.join(theme, `social.${language}.png`) });
  }
} finally {
  await browser.close();
}
