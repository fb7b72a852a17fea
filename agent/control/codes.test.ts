import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contract } from '../../electron/ipc/contract.ts';
import { controlParams } from '../protocol/control.ts';

const root = join(import.meta.dirname, '../..');
const LITERAL = /'([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)'/g;
const FILE_NAME = /\.(?:asar|json|sock|key|cjs|mjs|js|ts|html|ps1|service|socket|target|area)$/;

/** Names of the same shape that are no codes. */
const otherNames = new Set([
  ...Object.keys(controlParams),
  // The app's own calls and feeds.
  ...Object.entries(contract).flatMap(([area, members]) =>
    Object.keys(members).map((name) => `${area}.${name}`),
  ),
  // The application's id on the desktop.
  'app.understudy',
  // What each check looks at (electron/backend/checks); what it finds has a code.
  'host.cpu',
  'host.glibc',
  'host.identity',
  'host.sleep',
  'host.space',
  'host.step-down',
  'host.systemd',
  'host.tools',
  'host.virtual',
  'hosts.distinct',
  'hypervisor.kvm',
  'hypervisor.libvirt',
  'hypervisor.qemu',
  'hypervisor.same-cpu',
  'hypervisor.socket',
  'network.udp',
  'watchdog.device',
  'watchdog.free',
  'watchdog.wdctl',
]);

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|\.generated\.ts$|(^|\/)testing\//.test(path))
    .map((path) => readFileSync(join(root, folder, path), 'utf8'));
}

const page = readFileSync(join(root, 'docs/codes.md'), 'utf8');
const documented = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
const areas = new Set(documented.map((code) => code.split('.')[0]));

const texts = [...sources('agent'), ...sources('electron'), ...sources('renderer')];
const used = new Set(
  texts.flatMap((text) =>
    [...text.matchAll(LITERAL)]
      .map((match) => match[1] ?? '')
      .filter((name) => !otherNames.has(name) && !FILE_NAME.test(name)),
  ),
);
/** Written as a failure's or event's code, in whatever area. */
const asCode = texts.flatMap((text) =>
  [...text.matchAll(/\bcode: '([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+)'/g)].map((match) => match[1] ?? ''),
);

test('every code in the source is on the page', () => {
  const codes = new Set([...asCode, ...[...used].filter((name) => areas.has(name.split('.')[0] ?? ''))]);
  const known = new Set(documented);
  expect([...codes].filter((code) => !known.has(code)).toSorted()).toEqual([]);
});

test('the page has no code that the source lacks, and none twice', () => {
  expect(documented.filter((code) => !used.has(code))).toEqual([]);
  expect(documented.filter((code, index) => documented.indexOf(code) !== index)).toEqual([]);
});

test('the page is in order and says something about every code', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.every((row) => row.split(' | ').length === 4 && !row.includes('|  |'))).toBe(true);
  expect(documented).toEqual(documented.toSorted());
});
