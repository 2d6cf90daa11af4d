// The built site on a local server, and the browser that looks at it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

// Where Linux distributions, macOS and Windows put Chromium, or a browser made from it.
const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Headless Chromium. Without one the process ends with one line. */
export async function openBrowser() {
  const executablePath = PLACES.find(place => place && existsSync(place));
  if (!executablePath) {
    console.error('Chromium was not found: install it (Debian: apt install chromium fonts-noto-cjk), or set CHROMIUM to its program');
    process.exit(1);
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Serves the folder with ci/serve.py on a free port: its address, and what stops it. */
export async function serve(site) {
  const server = spawn('python3', [path.join(import.meta.dirname, '../serve.py'), '--no-open', '--site', site]);
  const url = await new Promise((found, failed) => {
    server.once('error', failed);
    server.stdout.once('data', line => found(String(line).match(/http:\S+/)[0]));
    server.stderr.once('data', line => failed(new Error(String(line))));
  });
  return { url, stop: () => server.kill() };
}
