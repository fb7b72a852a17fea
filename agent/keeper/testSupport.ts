import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREA_BYTES, areaHeaderBlocks } from '../core/area.ts';
import { type Paths, pathsUnder } from '../paths.ts';
import type { HostSettings } from '../protocol/group.ts';
import type { RunFile } from '../protocol/keeperLink.ts';

/** What the tests of the keeper's shell share: a folder of their own, an area, and roles as processes. */

export const AREA_ID = '11111111-1111-4111-8111-111111111111';
export const GROUP_ID = '22222222-2222-4222-8222-222222222222';

export function temporaryPaths(): Paths {
  return pathsUnder(realpathSync(mkdtempSync(join(tmpdir(), 'ust-'))));
}

export function makeArea(path: string, areaId = AREA_ID): void {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, AREA_BYTES);
  const header = areaHeaderBlocks({
    areaId,
    groupId: GROUP_ID,
    blockBytes: 4096,
    hostSlots: 8,
    tokenSlots: 64,
  });
  writeSync(fd, header, 0, header.byteLength, 0);
  closeSync(fd);
}

export function hostSettings(areaPath: string, slot = 0): HostSettings {
  return {
    version: 1,
    slot,
    hostName: 'a',
    hardwareId: '0'.repeat(63).concat(String(slot)),
    groupId: GROUP_ID,
    areaId: AREA_ID,
    areaPath,
    hypervisor: 'libvirt',
    watchdogDevice: null,
    watchdogAttributes: null,
  };
}

/** The run file of a keeper that holds nothing: epoch 3, all before it burnt, dead and drained. */
export function emptyRunFile(bootId: string): RunFile {
  return {
    version: 1,
    bootId,
    areaId: AREA_ID,
    slot: 0,
    hostName: 'a',
    epoch: 3,
    lastGoodMs: null,
    holdUntilMs: null,
    burntEpoch: 2,
    drainedEpoch: 2,
    burntGenerations: [],
    held: [],
    pendingStarts: [],
    leaseSeq: 9,
    unreturned: [],
  };
}

/** A program and script that runs one exported main function, as `agent.cjs ROLE` does. */
export function roleCommand(module: string, main: string): readonly string[] {
  const url = new URL(module, import.meta.url).href;
  const script = `const m = await import(${JSON.stringify(url)}); process.exit(await m.${main}(process.argv.slice(2)));`;
  return [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
}

/** Waits until `look` returns something; fails after `timeoutMs`. Polls, because what it waits for is another process. */
export async function until<Result>(
  look: () => Result | null | undefined | false,
  timeoutMs = 10_000,
): Promise<Result> {
  const started = performance.now();
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() - started > timeoutMs)
      throw new Error(`not within ${timeoutMs} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface FakeProcess {
  readonly leader: string;
  readonly threads: Readonly<Record<number, string>>;
  readonly program: string | null;
}

/** A folder that looks like one process in /proc. */
export function fakeProcess(
  root: string,
  pid: number,
  vm: string,
  fake: FakeProcess,
  name = 'qemu-system-x86',
): void {
  const stat = (id: number, state: string): string =>
    `${id} (${name}) ${state} 1 ${Array.from({ length: 17 }, () => '0').join(' ')} 4711 0\n`;
  for (const [id, state] of Object.entries(fake.threads)) {
    const dir = join(root, `${pid}/task/${id}`);
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'stat'), stat(Number(id), state));
    writeFileSync(join(dir, 'cmdline'), `qemu\0-uuid\0${vm}\0`);
    if (fake.program !== null && state !== 'Z') symlinkSync(`/usr/bin/${fake.program}`, join(dir, 'exe'));
  }
  writeFileSync(join(root, `${pid}/stat`), stat(pid, fake.leader));
  rmSync(join(root, `${pid}/exe`), { force: true });
  if (fake.program !== null && fake.leader !== 'Z')
    symlinkSync(`/usr/bin/${fake.program}`, join(root, `${pid}/exe`));
}
