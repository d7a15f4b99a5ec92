// Asserts the gzip sizes of what a browser loads: the shell at once, the list page after it, all CSS of both.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const dist = new URL('../dist/', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));

/** A chunk and everything it imports statically. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const imported of manifest[key].imports ?? []) closure(imported, seen);
  return seen;
}

const gzip = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
const sum = (files) => [...new Set(files)].reduce((total, file) => total + gzip(file), 0);
const scripts = (keys) => keys.map((key) => manifest[key].file).filter((file) => file.endsWith('.js'));
const sheets = (keys) => keys.flatMap((key) => manifest[key].css ?? []);

const list = 'src/features/vms/list/VmListPage.tsx';
const shellKeys = [...closure('index.html')];
const listKeys = [...new Set([...shellKeys, ...closure(list)])];
const lazy = Object.entries(manifest)
  .filter(([, chunk]) => chunk.isDynamicEntry)
  .map(([key, chunk]) => [`lazy ${key}`, gzip(chunk.file), 160]);

const measured = [
  ['shell JS', sum(scripts(shellKeys)), 185],
  ['shell + list JS', sum(scripts(listKeys)), 230],
  ['shell + list CSS', sum(sheets(listKeys)), 40],
  ...lazy,
];

let over = 0;
for (const [name, bytes, limit] of measured) {
  const fits = bytes <= limit * KB;
  if (!fits) over += 1;
  console.log(
    `${fits ? 'ok  ' : 'OVER'}  ${(bytes / KB).toFixed(1).padStart(6)} KB of ${limit} KB gzip  ${name}`,
  );
}
process.exit(over ? 1 : 0);
