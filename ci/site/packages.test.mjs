// What ci/site/package.json installs is the same on every platform, from whatever registry the reader uses.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const read = name => JSON.parse(readFileSync(path.join(import.meta.dirname, name), 'utf8'));

test('every platform makes the index with the same version of Pagefind', () => {
  const versions = Object.values(read('package.json').optionalDependencies);
  assert.ok(versions.length >= 5);
  assert.equal(new Set(versions).size, 1, String(versions));
});

test('the lock file names no address that packages came from', () => {
  const packages = Object.values(read('package-lock.json').packages);
  assert.deepEqual(packages.filter(({ resolved }) => resolved), []);
});
