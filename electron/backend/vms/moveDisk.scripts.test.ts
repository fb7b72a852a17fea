import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HostSession } from '../ssh/session.ts';
import { hereSession } from '../testing/hereSession.ts';
import { copyDisk, defineCopy } from './moveDisk.ts';

/** What the scripts call, as stand-ins: a qemu-img that copies bytes, and a libvirt that is a few files. */
const programs: Readonly<Record<string, string>> = {
  'qemu-img': `for each; do before=\${last:-}; last=$each; done
case $1 in
  measure) echo '"fully-allocated": 4' ;;
  convert) cat -- "$before" >"$last"; stat -c %a -- "$last" >"$here/mode"; sh "$here/at-convert" "$last" ;;
  compare) cmp -s -- "$before" "$last" ;;
esac`,
  'systemd-run': 'while [ "$1" != /bin/sh ]; do shift; done\numask 022\n"$@" || :',
  systemctl: 'echo inactive',
  virsh: `for each; do last=$each; done
case $2 in
  domstate) cat "$here/state" ;;
  domblklist) printf ' vda   %s\\n' "$(cat "$here/used")" ;;
  dumpxml) cat "$here/definition" ;;
  define) cp -- "$last" "$here/definition"; sh "$here/at-define"; : >"$here/at-define" ;;
esac`,
};

let here = '';
let session: HostSession;
const at = (name: string): string => join(here, name);
const put = (name: string, text: string): void => writeFileSync(at(name), text);
const move = () => ({ vmId: '1', target: 'vda', from: at('a & b.raw'), to: at('store/a & b.raw') });
const watch = { signal: new AbortController().signal, tell: () => undefined };
const copy = () => copyDisk(session, 'web', move(), 'raw', watch);

beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'understudy-move-'));
  for (const folder of ['bin', 'store']) mkdirSync(at(folder));
  for (const [name, text] of Object.entries(programs)) {
    put(`bin/${name}`, `#!/bin/sh\nhere='${here}'\n${text}\n`);
    chmodSync(at(`bin/${name}`), 0o755);
  }
  put('a & b.raw', 'disk');
  chmodSync(at('a & b.raw'), 0o644);
  put('state', 'shut off\n');
  put('definition', 'old');
  for (const name of ['at-convert', 'at-define']) put(name, '');
  session = {
    ...hereSession,
    runAsRoot: (run) => {
      const script = run.script.replaceAll('/run/understudy-move', at('run'));
      return hereSession.runAsRoot({ ...run, script: `PATH="${at('bin')}:$PATH"\n${script}` });
    },
  };
});
afterEach(() => rmSync(here, { recursive: true }));

describe('a copy that is under way', () => {
  test('follows no link that somebody laid for it, and is nobody else to read', async () => {
    put('victim', 'precious');
    symlinkSync(at('victim'), at('store/a & b.raw.moving'));
    mkdirSync(at('elsewhere'));
    symlinkSync(at('elsewhere'), at('store/.understudy-move-1-vda'));
    await copy();
    expect(readFileSync(at('victim'), 'utf8')).toBe('precious');
    expect(readdirSync(at('elsewhere'))).toEqual([]);
    expect(readFileSync(at('mode'), 'utf8').trim()).toBe('600');
    expect(readFileSync(at('store/a & b.raw'), 'utf8')).toBe('disk');
    expect((statSync(at('store/a & b.raw')).mode & 0o777).toString(8)).toBe('644');
  });

  test('is taken away with its folder when it differs', async () => {
    put('at-convert', 'printf x >>"$1"');
    await expect(copy()).rejects.toMatchObject({ failure: { code: 'vm.move-failed' } });
    expect(readdirSync(at('store'))).toEqual([]);
    put('at-convert', '');
    await copy();
    expect(readdirSync(at('store'))).toEqual(['a & b.raw']);
  });

  test('goes nowhere through a link that takes its place meanwhile', async () => {
    mkdirSync(at('elsewhere'));
    put('at-convert', `ln -s "${at('elsewhere')}" "${at('store/a & b.raw')}"`);
    await expect(copy()).rejects.toMatchObject({
      failure: { message: expect.stringContaining('is there already') },
    });
    expect(readdirSync(at('elsewhere'))).toEqual([]);
  });
});

describe('the definition names the copy', () => {
  const define = () => defineCopy(session, 'web', move(), 'new');
  const definition = () => readFileSync(at('definition'), 'utf8');
  const runs = (file: string) => `echo running >"${at('state')}"; echo "${file}" >"${at('used')}"`;
  const wrote = () => `touch -d @5 "${at('a & b.raw')}"`;
  beforeEach(copy);

  test('of a VM that is off and did not run', async () => {
    await define();
    expect(definition()).toBe('new');
    expect(existsSync(at('store/a & b.raw'))).toBe(true);
  });

  test('not of one that ran after it was copied, and is off again', async () => {
    put('a & b.raw', 'disk, and more');
    put('at-define', `: >"${at('was-defined')}"`);
    await expect(define()).rejects.toThrowError(/started meanwhile.*delete the copy/);
    expect(definition()).toBe('old');
    expect(existsSync(at('was-defined'))).toBe(false);
  });

  test.each([
    ['is started from the old file', () => runs(move().from)],
    ['runs from the old file and ends', wrote],
  ])('no longer of one that %s just then', async (_name, then) => {
    put('at-define', then());
    await expect(define()).rejects.toThrowError(/started meanwhile/);
    expect(definition()).toBe('old');
  });

  test('still of one that was started from the copy just then', async () => {
    put('at-define', runs(move().to));
    await define();
    expect(definition()).toBe('new');
  });
});
