import { randomUUID } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Scan, SeenProcess } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import { demoVmArguments, demoVms } from './demoProcesses.ts';
import { HostProcesses } from './hostProcesses.ts';
import { ProcFs } from './procfs.ts';
import { fakeProcess, temporaryPaths, until } from './testSupport.ts';
import { libvirtVms, type VmKind } from './vmKind.ts';

const VM: string = randomUUID();
const OTHER: string = randomUUID();
/** The tests' QEMU is `bash` under another name, with a command line like libvirt's. */
const asQemu: VmKind = { programs: /^bash$/, vmOf: libvirtVms.vmOf };

let paths: Paths;
let started: ChildProcess[];
let processes: HostProcesses;
let nowMs: number;

/** The real /proc, without what else runs on this machine: how much that is must not decide a test. */
class OwnProcFs extends ProcFs {
  override pids(): readonly number[] {
    return super.pids().filter((pid) => started.some((child) => child.pid === pid));
  }
}

function using(kind: VmKind): HostProcesses {
  return new HostProcesses({ proc: new OwnProcFs(), kind, scopes: null, startsDir: paths.startsDir });
}

function qemu(vm: string, script = 'read line'): ChildProcess {
  const child = spawn('bash', ['-c', script, 'qemu', '-name', 'guest=v1', '-uuid', vm], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  started.push(child);
  return child;
}

/** Scans until every process is identified, as the loop does. */
async function scan(): Promise<Scan> {
  return await until(() => {
    nowMs += 1;
    return processes.scan(nowMs);
  });
}

/** Scans until so many processes of a VM are seen. */
async function seen(vm: string, count: number): Promise<readonly SeenProcess[]> {
  for (;;) {
    const found = ours(await scan(), vm);
    if (found.length === count) return found;
  }
}

const ours = (seen: Scan, vm = VM): readonly SeenProcess[] =>
  seen.processes.filter((process) => process.vm === vm);

beforeEach(() => {
  paths = temporaryPaths();
  mkdirSync(paths.startsDir, { recursive: true });
  started = [];
  nowMs = 1000;
  processes = using(asQemu);
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const child of started) child.kill('SIGKILL');
  rmSync(paths.root ?? '', { recursive: true });
});

describe('the scan', () => {
  test('finds a QEMU by its uuid and loses it when it has ended', async () => {
    const child = qemu(VM);
    const pid = child.pid ?? 0;
    expect((await seen(VM, 1)).map((process) => process.pid)).toEqual([pid]);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(ours(await scan())).toEqual([]);
  });

  test('a process that becomes a QEMU later is found', async () => {
    const child = spawn('sh', ['-c', `read go; exec bash -c 'read line' qemu -uuid ${VM}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    started.push(child);
    expect(ours(await scan())).toEqual([]);
    child.stdin?.write('go\n');
    nowMs += 60_000;
    expect((await seen(VM, 1))[0]?.pid).toBe(child.pid);
  });

  test('among many processes one that becomes a QEMU late is found within a round of looks', async () => {
    const root = join(paths.libDir, 'proc');
    const others = Array.from({ length: 80 }, (_, at) => 100 + at);
    const asShell = { leader: 'S', threads: {}, program: 'sh' };
    for (const pid of [50, ...others])
      fakeProcess(root, pid, VM, { ...asShell, threads: { [pid]: 'S' } }, 'sh');
    const proc = new ProcFs(root);
    const fake = new HostProcesses({ proc, kind: libvirtVms, scopes: null, startsDir: paths.startsDir });
    expect(ours(fake.scan((nowMs += 500)) ?? neverScan())).toEqual([]);
    nowMs += 60_000;
    fakeProcess(root, 50, VM, { leader: 'S', threads: { 50: 'S' }, program: 'qemu-system-x86_64' });
    // Met, its command line is read first: until then the scan draws no conclusion.
    const round = Array.from({ length: Math.ceil((others.length + 1) / 8) + 1 }, () =>
      fake.scan((nowMs += 500)),
    );
    expect(round).toContain(null);
    const found = await until(() => fake.scan((nowMs += 500)));
    expect(ours(found).map(({ pid }) => pid)).toEqual([50]);
  });

  test('no conclusion is drawn while a process is not identified', () => {
    qemu(VM);
    expect(processes.scan(nowMs)).toBeNull();
  });

  test('a dead leader whose thread lives on still counts', async () => {
    const root = join(paths.libDir, 'proc');
    fakeProcess(root, 50, VM, { leader: 'Z', threads: { 50: 'Z', 51: 'D' }, program: 'qemu-system-x86_64' });
    const fake = new HostProcesses({
      proc: new ProcFs(root),
      kind: libvirtVms,
      scopes: null,
      startsDir: paths.startsDir,
    });
    const seen = await until(() => fake.scan((nowMs += 500)));
    expect(ours(seen).map((process) => process.pid)).toEqual([50]);
    fakeProcess(root, 50, VM, { leader: 'Z', threads: { 50: 'Z', 51: 'Z' }, program: 'qemu-system-x86_64' });
    expect(ours(fake.scan((nowMs += 500)) ?? neverScan())).toEqual([]);
  });

  test('looks at the list of processes only when one was added, and from time to time', () => {
    const root = join(paths.libDir, 'proc');
    const loadavg = (last: number): void => {
      writeFileSync(join(root, 'loadavg'), `0.00 0.01 0.05 1/90 ${last}\n`);
    };
    mkdirSync(root, { recursive: true });
    let lists = 0;
    class CountingProcFs extends ProcFs {
      override pids(): readonly number[] {
        lists += 1;
        return super.pids();
      }
    }
    const proc = new CountingProcFs(root);
    const fake = new HostProcesses({ proc, kind: libvirtVms, scopes: null, startsDir: paths.startsDir });
    loadavg(100);
    fake.scan((nowMs += 500));
    fake.scan((nowMs += 500));
    expect(lists).toBe(1);
    loadavg(101);
    fake.scan((nowMs += 500));
    expect(lists).toBe(2);
    for (let count = 0; count < 10; count += 1) fake.scan((nowMs += 500));
    expect(lists).toBe(3);
  });

  test('meets a process again that it could not identify, though none was added', async () => {
    const root = join(paths.libDir, 'proc');
    fakeProcess(root, 50, VM, { leader: 'D', threads: { 50: 'D' }, program: null });
    writeFileSync(join(root, 'loadavg'), '0.00 0.01 0.05 1/90 100\n');
    const proc = new ProcFs(root);
    const fake = new HostProcesses({ proc, kind: libvirtVms, scopes: null, startsDir: paths.startsDir });
    for (let count = 0; count < 5; count += 1) {
      expect(fake.scan((nowMs += 500))).toBeNull();
      await Promise.resolve();
    }
  });

  test('a dying QEMU that can not be identified keeps the scan from concluding', () => {
    const root = join(paths.libDir, 'proc');
    fakeProcess(root, 50, VM, { leader: 'D', threads: { 50: 'D' }, program: null });
    const fake = new HostProcesses({
      proc: new ProcFs(root),
      kind: libvirtVms,
      scopes: null,
      startsDir: paths.startsDir,
    });
    expect(fake.scan(nowMs)).toBeNull();
  });
});

describe('freezing, thawing and killing', () => {
  test('a frozen VM is seen with every thread stopped, and runs on after the thaw', async () => {
    qemu(VM);
    await seen(VM, 1);
    processes.freeze([VM]);
    await stateOf(true);
    processes.thaw([VM], () => false);
    expect(ours(await scan())[0]?.stopped).toBe(true);
    processes.thaw([VM], () => true);
    await stateOf(false);
  });

  test('a kill ends that VM only, frozen or not', async () => {
    const child = qemu(VM);
    qemu(OTHER);
    const gone = new Promise((resolve) =>
      child.once('exit', (_code, signal) => {
        resolve(signal);
      }),
    );
    await seen(VM, 1);
    await seen(OTHER, 1);
    processes.freeze([VM]);
    await stateOf(true);
    processes.kill([VM]);
    expect(await gone).toBe('SIGKILL');
    const after = await scan();
    expect(ours(after)).toEqual([]);
    expect(ours(after, OTHER)).toHaveLength(1);
  });

  async function stateOf(stopped: boolean): Promise<void> {
    while (ours(await scan())[0]?.stopped !== stopped);
  }
});

describe('starts that the hook has let pass', () => {
  let root: string;
  beforeEach(() => {
    root = join(paths.libDir, 'proc');
    mkdirSync(root, { recursive: true });
    const proc = new ProcFs(root);
    processes = new HostProcesses({ proc, kind: libvirtVms, scopes: null, startsDir: paths.startsDir });
  });

  function openStarts(atMs: number): readonly string[] {
    return (processes.scan(atMs) ?? neverScan()).hookStarts;
  }

  test('count as long as the daemon that starts them lives', () => {
    fakeProcess(root, 30, VM, { leader: 'S', threads: { 30: 'S' }, program: 'libvirtd' }, 'libvirtd');
    writeFileSync(join(paths.startsDir, VM), '30 4711\n');
    expect(openStarts(0)).toEqual([VM]);
    expect(openStarts(60_000)).toEqual([VM]);
  });

  test('of a daemon that is gone are forgotten after a while', () => {
    writeFileSync(join(paths.startsDir, VM), '30 4711\n');
    expect(openStarts(0)).toEqual([VM]);
    expect(openStarts(5000)).toEqual([VM]);
    expect(openStarts(5001)).toEqual([]);
    expect(existsSync(join(paths.startsDir, VM))).toBe(false);
  });

  test('of a daemon whose number another process has are forgotten, too', () => {
    fakeProcess(root, 30, VM, { leader: 'S', threads: { 30: 'S' }, program: 'sshd' }, 'sshd');
    writeFileSync(join(paths.startsDir, VM), '30 4710\n');
    expect(openStarts(0)).toEqual([VM]);
    expect(openStarts(60_000)).toEqual([]);
  });

  test('with a marker that can not be read count for ever', () => {
    writeFileSync(join(paths.startsDir, VM), 'what');
    expect(openStarts(0)).toEqual([VM]);
    expect(openStarts(60_000)).toEqual([VM]);
  });
});

describe('demo VMs', () => {
  test('belong to the demo host whose root they name', async () => {
    const script = 'process.stdin.on("data", () => {})';
    const child = spawn(process.execPath, ['-e', script, ...demoVmArguments(paths.root ?? '', VM)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    started.push(child);
    const other = using(demoVms('/elsewhere'));
    processes = using(demoVms(paths.root ?? ''));
    expect((await seen(VM, 1)).map((process) => process.pid)).toEqual([child.pid]);
    processes = other;
    expect(ours(await scan())).toEqual([]);
  });

  test.each([
    ['another user, whose program can not be read, says nothing', 1, []],
    ['the same user is waited for until it is known', 0, null],
  ])('a process of the same name and of %s', async (_what, otherBy, expected) => {
    processes = using({ ...asQemu, onlyUser: (process.getuid?.() ?? 0) + otherBy });
    vi.spyOn(ProcFs.prototype, 'program').mockReturnValue('');
    await once(qemu(VM), 'spawn');
    expect(processes.scan(nowMs)?.processes ?? null).toEqual(expected);
  });
});

function neverScan(): never {
  throw new Error('the scan drew no conclusion');
}
