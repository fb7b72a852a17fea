#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Stands where electron-builder calls `fpm`, whose download is not reachable everywhere, and does with Debian's own
 * `dpkg-deb` what is asked of it there: a `deb` of folders and files, with control data and maintainer scripts.
 */

const DEADLINE_MS = 300_000;

/** fpm's names of maintainer scripts, and Debian's. */
const scripts = {
  'before-install': 'preinst',
  'after-install': 'postinst',
  'before-remove': 'prerm',
  'after-remove': 'postrm',
} as const;

interface Wanted {
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** `source=target` */
  readonly contents: readonly string[];
}

/** Throws on an option without a value: the caller's command line has changed then. */
function readArguments(args: readonly string[]): Wanted {
  const options = new Map<string, string[]>();
  const contents: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    if (argument === '--force' || argument === '--verbose' || argument === '--debug') continue;
    if (!argument.startsWith('-')) {
      contents.push(argument);
      continue;
    }
    const value = args[(at += 1)];
    if (value === undefined) throw new Error(`${argument} has no value.`);
    const name = argument.replace(/^-+/, '');
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return { options, contents };
}

function place(root: string, mapping: string): void {
  const at = mapping.lastIndexOf('=');
  const [source, target] = [mapping.slice(0, at), join(root, mapping.slice(at + 1))];
  mkdirSync(dirname(target), { recursive: true });
  if (statSync(source).isDirectory())
    return cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  copyFileSync(source, target);
  chmodSync(target, 0o644);
}

function control({ options }: Wanted, root: string): string {
  const one = (name: string): string => options.get(name)?.[0] ?? '';
  const all = (name: string): string => (options.get(name) ?? []).join(', ');
  const sizeKiB = execFileSync('du', ['-sk', '--exclude=DEBIAN', root], { timeout: DEADLINE_MS })
    .toString()
    .split('\t')[0];
  const [synopsis = '', ...text] = one('description').trim().split('\n');
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['Package', one('name')],
    ['Version', one('version')],
    ['Architecture', one('architecture')],
    ['Maintainer', one('maintainer')],
    ['Installed-Size', sizeKiB],
    ['Depends', all('d')],
    ['Recommends', all('deb-recommends')],
    ['Section', one('category') || 'admin'],
    ['Priority', one('deb-priority') || 'optional'],
    ['Homepage', one('url')],
    ['Description', [synopsis, ...text.map((line) => ` ${line.trim() || '.'}`)].join('\n')],
  ];
  return `${fields
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n`;
}

function build(wanted: Wanted): void {
  const { options, contents } = wanted;
  if (options.get('t')?.[0] !== 'deb') throw new Error('Only packages of the kind deb are built here.');
  const root = mkdtempSync(join(tmpdir(), 'understudy-deb-'));
  try {
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'DEBIAN'));
    for (const mapping of contents) place(root, mapping);
    for (const [name, script] of Object.entries(scripts)) {
      const source = options.get(name)?.[0];
      if (source === undefined) continue;
      copyFileSync(source, join(root, 'DEBIAN', script));
      chmodSync(join(root, 'DEBIAN', script), 0o755);
    }
    writeFileSync(join(root, 'DEBIAN/control'), control(wanted, root));
    const asked = options.get('deb-compression')?.[0] ?? 'xz';
    const compression = asked === 'gz' ? 'gzip' : asked;
    const target = options.get('package')?.[0] ?? options.get('p')?.[0] ?? '';
    execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', root, target], {
      timeout: DEADLINE_MS,
      stdio: 'inherit',
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

build(readArguments(process.argv.slice(2)));
