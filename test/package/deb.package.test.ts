import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { _electron } from '@playwright/test';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bridge } from '../../electron/ipc/contract.ts';
import { type DesktopSession, startDesktopSession } from '../electron/desktopSession.ts';
import { buildAndUnpack, listArchive, openToTests, readFuses, type UnpackedPackage } from './trialPackage.ts';

let built: UnpackedPackage;
let session: DesktopSession;
/** Emulated, on a loaded machine. */
const AGENT_WITHIN_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'understudy-agent-'));

beforeAll(async () => {
  session = await startDesktopSession({ tray: true });
  built = await buildAndUnpack();
  // The session's user must come in.
  chmodSync(join(built.tree, '..'), 0o755);
  process.stdout.write(`Package with Electron ${built.electronVersion}\n`);
});
afterAll(() => {
  session.end();
  built.remove();
  rmSync(folder, { recursive: true });
});

interface Manifest {
  readonly version: string;
  readonly architecture: string;
  readonly files: readonly {
    readonly name: string;
    readonly sha256: string;
    readonly compressedName: string;
  }[];
}

/** Unpacks an agent build as the installer does on a host, checksums and all. */
function unpackAgent(architecture: 'x64' | 'arm64'): { readonly manifest: Manifest; readonly home: string } {
  const source = join(built.appFolder, 'resources/agent', architecture);
  const manifest = JSON.parse(readFileSync(join(source, 'manifest.json'), 'utf8')) as Manifest;
  const home = mkdtempSync(join(folder, architecture));
  for (const { name, sha256, compressedName } of manifest.files) {
    const data = gunzipSync(readFileSync(join(source, compressedName)));
    expect(createHash('sha256').update(data).digest('hex')).toBe(sha256);
    writeFileSync(join(home, name), data);
    chmodSync(join(home, name), 0o755);
  }
  return { manifest, home };
}

test('the package says what it is and what it needs', () => {
  expect(built.control).toMatch(/^Package: understudy$/m);
  expect(built.control).toMatch(/^Architecture: amd64$/m);
  expect(built.control).toMatch(/^Depends: .*libgtk-3-0/m);
  expect(built.control).toMatch(/^Description: Failover of virtual machines/m);
});

test('menu entry and icons are where desktops look for them', () => {
  const entry = readFileSync(join(built.tree, 'usr/share/applications/understudy.desktop'), 'utf8');
  expect(entry).toMatch(/^Exec=\/opt\/Understudy\/understudy/m);
  expect(entry).toMatch(/^Categories=System;Monitor;$/m);
  for (const size of [16, 32, 48, 64, 128, 256, 512])
    expect(existsSync(join(built.tree, `usr/share/icons/hicolor/${size}x${size}/apps/understudy.png`))).toBe(
      true,
    );
});

test('the archive holds main, preload and window, and nothing else', () => {
  const files = listArchive(join(built.appFolder, 'resources/app.asar'));
  for (const file of [
    '/package.json',
    '/out/app/main.js',
    '/out/app/preload.cjs',
    '/out/renderer/index.html',
  ])
    expect(files).toContain(file);
  expect(files.filter((file) => /node_modules|\.map$|\.ts$|\.test\./.test(file))).toEqual([]);
  expect(files.filter((file) => !/^\/(?:package\.json|LICENSE|out\/)/.test(file))).toEqual([]);
});

test('the window in it is the one for use, not the one for development', () => {
  expect(readFileSync(join(built.appFolder, 'resources/app.asar')).includes('jsxDEV')).toBe(false);
});

test('Electron is locked: no Node in its place, no options, no inspector, only this archive', () => {
  expect(readFuses(join(built.appFolder, 'understudy')).slice(0, 7)).toBe('0100110');
});

/** The version that the agent names, run by this command line. */
function versionSaid(home: string, command: readonly [string, ...string[]]): string {
  const [program, ...args] = command;
  const all = [...args, join(home, 'agent.cjs'), '--version'];
  return execFileSync(program, all, { timeout: AGENT_WITHIN_MS, encoding: 'utf8' });
}

test('the agent for x64 is whole, runs, and is of the version that its manifest names', () => {
  const { manifest, home } = unpackAgent('x64');
  expect(versionSaid(home, [join(home, 'node')])).toBe(`understudy ${manifest.version}\n`);
});

test('the agent for arm64 is the same one, and runs on that processor, emulated', () => {
  const { manifest, home } = unpackAgent('arm64');
  expect(manifest.version).toBe(unpackAgent('x64').manifest.version);
  const emulated = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu', join(home, 'node')] as const;
  const processor = execFileSync(emulated[0], [...emulated.slice(1), '-p', 'process.arch'], {
    timeout: AGENT_WITHIN_MS,
    encoding: 'utf8',
  });
  expect(processor).toBe('arm64\n');
  expect(versionSaid(home, [...emulated])).toBe(`understudy ${manifest.version}\n`);
}, 150_000);

const HEALTHY_WITHIN_MS = 120_000;

test('the installed app runs the demo group with the agent and the Node that it carries', async () => {
  const [command, args] = session.asUser(openToTests(built), []);
  const start = join(session.home, 'start-open');
  writeFileSync(start, `#!/bin/sh\nexec ${[command, ...args].map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(start, 0o755);
  const app = await _electron.launch({
    executablePath: start,
    args: [`--user-data-dir=${join(session.home, 'open-profile')}`, '--disable-gpu'],
    env: { ...session.env },
    chromiumSandbox: true,
  });
  const page = await app.firstWindow();
  await page.waitForURL('app://main/index.html');
  const reply = await page.evaluate(() =>
    (Reflect.get(globalThis, 'understudy') as Bridge).groups.startDemo({}),
  );
  expect(reply).toMatchObject({ ok: true });
  await session.tray.menu((labels) => labels.includes('All 3 VMs are protected.'), HEALTHY_WITHIN_MS);
  await app.close();
}, 180_000);

test('the installed app starts in the tray, is single, and is no Node', async () => {
  const options = [`--user-data-dir=${join(session.home, 'profile')}`, '--disable-gpu'];
  const [command, args] = session.asUser(join(built.appFolder, 'understudy'), [...options, '--hidden']);
  const app = spawn(command, args, { env: session.env, stdio: 'ignore' });
  try {
    await session.tray.menu((labels) => labels.includes('No group is open.'));
    const [again, sameArgs] = session.asUser(join(built.appFolder, 'understudy'), [
      ...options,
      '-e',
      'console.log("I am Node")',
    ]);
    const second = spawn(again, sameArgs, {
      env: { ...session.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    second.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await once(second, 'exit')).toEqual([0, null]);
    expect(said).not.toContain('I am Node');
    expect(app.exitCode).toBe(null);
    const ended = once(app, 'exit');
    await session.tray.click(/^Quit/);
    expect(await ended).toEqual([0, null]);
  } finally {
    app.kill('SIGKILL');
  }
});
