import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HookFolders, hookChainScript, hookScript } from './hook.ts';

const VM = 'aaaaaaaa-0000-4000-8000-000000000001';
const FREE_VM = 'aaaaaaaa-0000-4000-8000-000000000002';
const BOOT = 'bbbbbbbb-0000-4000-8000-000000000001';

const domain = (uuid: string): string => `<domain type='kvm'>
  <name>v1</name>
  <uuid>${uuid}</uuid>
  <description>&lt;uuid&gt; <![CDATA[<uuid>${FREE_VM}</uuid>]]></description>
</domain>
`;

let root: string;
let folders: HookFolders;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ust-hook-'));
  folders = {
    runDir: join(root, 'run'),
    libDir: join(root, 'lib'),
    etcDir: join(root, 'etc'),
    bootIdFile: join(root, 'boot_id'),
    uptimeFile: join(root, 'uptime'),
  };
  for (const dir of ['run/gate', 'run/starts', 'lib/protected', 'etc'])
    mkdirSync(join(root, dir), { recursive: true });
  writeFileSync(folders.bootIdFile, `${BOOT}\n`);
  writeFileSync(folders.uptimeFile, '100.07 190.00\n');
  writeFileSync(join(root, 'lib/protected', VM), '');
  gate(`${VM} 4 17 100080`);
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function gate(entry: string, boot = BOOT): void {
  writeFileSync(join(root, 'run/gate/open'), `${boot}\n${FREE_VM} 1 1 1\n${entry}\n`);
}

interface Ran {
  readonly status: number | null;
  readonly said: string;
  readonly printed: string;
}

function run(
  operation: string,
  phase = 'begin',
  uuid = VM,
  script = hookScript(folders),
  description = domain(uuid),
): Ran {
  const path = join(root, 'hook');
  writeFileSync(path, script, { mode: 0o755 });
  const hook = spawnSync('/bin/sh', [path, 'v1', operation, phase, '-'], {
    input: description,
    encoding: 'utf8',
    timeout: 5000,
  });
  return { status: hook.status, said: hook.stderr, printed: hook.stdout };
}

const marker = (): string => join(root, 'run/starts', VM);

describe('the libvirt hook', () => {
  test('lets a VM start while its gate is open, and marks the start first', () => {
    expect(run('prepare')).toEqual({ status: 0, said: '', printed: '' });
    expect(readFileSync(marker(), 'utf8')).toMatch(/^\d+ \d+\n$/);
  });

  test('removes the mark when the QEMU is there or gone for good', () => {
    for (const [operation, phase] of [
      ['started', 'begin'],
      ['stopped', 'end'],
      ['release', 'end'],
    ] as const) {
      run('prepare');
      expect(existsSync(marker())).toBe(true);
      expect(run(operation, phase).status).toBe(0);
      expect(existsSync(marker())).toBe(false);
    }
  });

  test('leaves the mark alone in between', () => {
    run('prepare');
    expect(run('start').status).toBe(0);
    expect(run('reconnect').status).toBe(0);
    expect(existsSync(marker())).toBe(true);
  });

  test('does not concern itself with VMs that are not protected', () => {
    rmSync(join(root, 'run'), { recursive: true });
    expect(run('prepare', 'begin', FREE_VM)).toEqual({ status: 0, said: '', printed: '' });
    expect(run('migrate', 'begin', FREE_VM).status).toBe(0);
  });

  test.each([
    ['no gate file', () => rmSync(join(root, 'run/gate/open'))],
    ['a gate of another boot', () => gate(`${VM} 4 17 999999`, FREE_VM)],
    ['a gate without this VM', () => gate('')],
    ['a gate whose time has run out', () => gate(`${VM} 4 17 100070`)],
    ['a gate with a number that is none', () => gate(`${VM} 4 17 99x`)],
    ['a gate cut short', () => gate(`${VM} 4 17`)],
    ['an empty gate file', () => writeFileSync(join(root, 'run/gate/open'), '')],
    ['no boot id', () => rmSync(join(root, 'boot_id'))],
    ['no uptime', () => rmSync(join(root, 'uptime'))],
    ['no folder for the mark', () => rmSync(join(root, 'run/starts'), { recursive: true })],
  ])('refuses with %s, and leaves no mark', (_doubt, make) => {
    make();
    const ran = run('prepare');
    expect(ran.status).toBe(1);
    expect(ran.said).toContain('v1 is protected and may not start on this host now');
    expect(existsSync(marker())).toBe(false);
  });

  test('refuses an incoming migration even while the gate is open for a start', () => {
    expect(run('migrate').status).toBe(1);
  });

  describe('with a grant for an incoming migration', () => {
    const marked = (generation: number): string =>
      domain(VM).replace(
        '</uuid>',
        `</uuid>\n<metadata>\n<understudy:incoming xmlns:understudy="urn:understudy:incoming" generation="${generation}"/>\n</metadata>`,
      );
    beforeEach(() => gate(`${VM} 4 17 100080 incoming`));

    test.each([
      ['its own script', hookScript],
      ['the chained script', hookChainScript],
    ])('lets the migration and its QEMU pass, and no start, in %s', (_, script) => {
      const text = script(folders);
      expect(run('migrate', 'begin', VM, text).status).toBe(0);
      expect(run('prepare', 'begin', VM, text).status).toBe(1);
      expect(existsSync(marker())).toBe(false);
      expect(run('prepare', 'begin', VM, text, marked(17)).status).toBe(0);
      expect(existsSync(marker())).toBe(true);
    });

    test('refuses a QEMU that was begun under another grant', () => {
      expect(run('prepare', 'begin', VM, hookScript(folders), marked(16)).status).toBe(1);
      expect(run('prepare', 'begin', VM, hookScript(folders), marked(171)).status).toBe(1);
    });

    test('refuses both when its time has run out', () => {
      gate(`${VM} 4 17 100070 incoming`);
      expect(run('migrate').status).toBe(1);
      expect(run('prepare', 'begin', VM, hookScript(folders), marked(17)).status).toBe(1);
    });
  });

  test('asks the copy of the configuration when the list of protected VMs is gone', () => {
    rmSync(join(root, 'lib/protected'), { recursive: true });
    writeFileSync(join(root, 'etc/group.json'), `{"vms":[{"vm":"${VM}"}]}`);
    gate('');
    expect(run('prepare').status).toBe(1);
    expect(run('prepare', 'begin', FREE_VM).status).toBe(0);
  });

  test('refuses a description without a uuid', () => {
    expect(run('prepare', 'begin', '').status).toBe(1);
  });

  test('starts no other process on its way to a yes', () => {
    const traced = spawnSync('/bin/sh', ['-c', hookScript(folders), 'hook', 'v1', 'prepare', 'begin', '-'], {
      input: domain(VM),
      encoding: 'utf8',
      env: { PATH: '' },
    });
    expect([traced.status, traced.stderr]).toEqual([0, '']);
  });
});

describe('the hook for a libvirt that calls one program only', () => {
  const chained = (): string => join(root, 'original');
  const script = (): string => hookChainScript(folders, chained());

  function original(text: string): void {
    writeFileSync(chained(), `#!/bin/sh\n${text}\n`);
    chmodSync(chained(), 0o755);
  }

  test('hands arguments and description on to the hook that was there before', () => {
    original(`echo "$@"; cat > '${root}/seen'`);
    expect(run('prepare', 'begin', VM, script())).toEqual({
      status: 0,
      said: '',
      printed: 'v1 prepare begin -\n',
    });
    expect(readFileSync(join(root, 'seen'), 'utf8').trim()).toBe(domain(VM).trim());
  });

  test('keeps the refusal of the hook that was there before', () => {
    original('cat >/dev/null; exit 3');
    expect(run('prepare', 'begin', FREE_VM, script()).status).toBe(3);
  });

  test('does not ask it when it refuses itself', () => {
    original(`touch '${root}/asked'`);
    gate('');
    expect(run('prepare', 'begin', VM, script()).status).toBe(1);
    expect(existsSync(join(root, 'asked'))).toBe(false);
  });

  test('works alone', () => {
    expect(run('prepare', 'begin', VM, script()).status).toBe(0);
    expect(readdirSync(join(root, 'run/starts'))).toEqual([VM]);
  });
});
