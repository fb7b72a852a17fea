import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BLOCK_BYTES } from '../core/record.ts';
import type { IoOutcome } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import { fateByNote, readIoNotes } from './ioNotes.ts';
import { encodeReply, HELLO_ID } from './storeFrames.ts';
import { storeIoCommand } from './storeIoMain.ts';
import { MAX_CHILDREN, StoreLane } from './storeLane.ts';
import { hostSettings, makeArea, roleCommand, temporaryPaths, until } from './testSupport.ts';

const TIMEOUT_MS = 10_000;
let paths: Paths;
let area: string;
let lanes: StoreLane[];

beforeEach(() => {
  paths = temporaryPaths();
  mkdirSync(paths.ioDir, { recursive: true });
  area = join(paths.libDir, 'area');
  mkdirSync(paths.libDir, { recursive: true });
  makeArea(area);
  lanes = [];
});

afterEach(() => {
  for (const lane of lanes) {
    for (const pid of lane.pids) process.kill(pid, 'SIGKILL');
    lane.close();
  }
  rmSync(paths.root ?? '', { recursive: true });
});

function open(
  command = storeIoCommand(
    roleCommand('./storeIoMain.ts', 'storeIoMain'),
    paths,
    hostSettings(area),
    'lease',
  ),
): {
  lane: StoreLane;
  notices: string[];
  ask: (request: Parameters<StoreLane['submit']>[0], timeoutMs?: number) => Promise<IoOutcome>;
} {
  const notices: string[] = [];
  const lane = new StoreLane({
    command,
    name: 'lease',
    fateOf: fateByNote(paths.ioDir),
    notice: (code) => notices.push(code),
  });
  lanes.push(lane);
  return {
    lane,
    notices,
    ask: async (request, timeoutMs = TIMEOUT_MS) =>
      await new Promise((resolve) => {
        lane.submit(request, timeoutMs, resolve);
      }),
  };
}

/** A child that says that it listens and then does what `script` says. */
function childThat(script: string): readonly string[] {
  const hello = join(paths.libDir, 'hello');
  writeFileSync(hello, encodeReply({ kind: 'done', id: HELLO_ID, data: new Uint8Array(0) }));
  return ['sh', '-c', `cat '${hello}'; ${script}`];
}

const filled = (value: number, blocks = 1): Uint8Array => new Uint8Array(blocks * BLOCK_BYTES).fill(value);

describe('a lane to the lease area', () => {
  test('reads back what it wrote, past the page cache', async () => {
    const { ask } = open();
    expect(await ask({ kind: 'write', id: 1, block: 9, data: filled(7, 2) })).toEqual({ kind: 'written' });
    const read = await ask({ kind: 'read', id: 2, block: 8, blocks: 4 });
    expect(read.kind).toBe('read');
    if (read.kind !== 'read') return;
    expect([0, 1, 2, 3].map((block) => read.data[block * BLOCK_BYTES])).toEqual([0, 7, 7, 0]);
    expect(
      readFileSync(area)
        .subarray(9 * BLOCK_BYTES, 10 * BLOCK_BYTES)
        .every((byte) => byte === 7),
    ).toBe(true);
  });

  test('an area that is not there yet is found as soon as it is', async () => {
    rmSync(area);
    const { ask } = open();
    expect(await ask({ kind: 'read', id: 1, block: 0, blocks: 1 })).toMatchObject({ kind: 'failed' });
    makeArea(area);
    expect(await ask({ kind: 'read', id: 2, block: 0, blocks: 1 })).toMatchObject({ kind: 'read' });
  });

  test('nothing is written to an area of somebody else, but it can be read', async () => {
    makeArea(area, '33333333-3333-4333-8333-333333333333');
    const { ask } = open();
    expect(await ask({ kind: 'write', id: 1, block: 8, data: filled(1) })).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining("not this group's lease area"),
    });
    expect(await ask({ kind: 'read', id: 2, block: 8, blocks: 1 })).toMatchObject({ kind: 'read' });
    expect(readFileSync(area)[8 * BLOCK_BYTES]).toBe(0);
  });

  test('an area that another took the place of is noticed before the next write', async () => {
    const { ask } = open();
    await ask({ kind: 'write', id: 1, block: 8, data: filled(1) });
    renameSync(area, `${area}.old`);
    makeArea(area);
    expect(await ask({ kind: 'write', id: 2, block: 8, data: filled(2) })).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('took the place'),
    });
    expect(readFileSync(`${area}.old`)[8 * BLOCK_BYTES]).toBe(1);
    expect(await ask({ kind: 'write', id: 3, block: 8, data: filled(3) })).toEqual({ kind: 'written' });
    expect(readFileSync(area)[8 * BLOCK_BYTES]).toBe(3);
  });

  test('a short area is an error, never a short answer', async () => {
    const { ask } = open();
    expect(await ask({ kind: 'read', id: 1, block: 10_239, blocks: 2 })).toMatchObject({ kind: 'failed' });
  });

  test('a transfer out of bounds is refused', async () => {
    const { ask } = open();
    expect(await ask({ kind: 'read', id: 1, block: 0, blocks: 257 })).toMatchObject({ kind: 'failed' });
    expect(await ask({ kind: 'write', id: 2, block: 0, data: new Uint8Array(100) })).toMatchObject({
      kind: 'failed',
    });
  });

  test('a child holds no descriptor that its parent inherited', async () => {
    const { lane, ask } = open();
    await ask({ kind: 'read', id: 1, block: 0, blocks: 1 });
    const links = spawnSync('ls', [`/proc/${lane.pids[0]}/fd`], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .map((fd) => readlinkSync(`/proc/${lane.pids[0]}/fd/${fd}`));
    const own = links.filter((link) => link.startsWith('/') && !link.startsWith('/dev/'));
    expect(own.sort()).toEqual([area, join(paths.ioDir, `${process.pid}-${lane.pids[0]}.io`)]);
  });
});

describe('a store that hangs', () => {
  test('a hung write is late once, others go on, and it is reported when it comes back', async () => {
    const { lane, notices, ask } = open();
    await ask({ kind: 'read', id: 1, block: 0, blocks: 1 });
    const hung = lane.pids[0] ?? 0;
    process.kill(hung, 'SIGSTOP');
    const outcomes: IoOutcome[] = [];
    lane.submit({ kind: 'write', id: 2, block: 8, data: filled(5) }, 50, (outcome) => outcomes.push(outcome));
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual([{ kind: 'late' }]);
    expect(notices).toContain('keeper.store-io-late');
    expect(await ask({ kind: 'read', id: 3, block: 0, blocks: 1 })).toMatchObject({ kind: 'read' });
    expect(lane.pids).toContain(hung);
    process.kill(hung, 'SIGCONT');
    await until(() => outcomes.length === 2);
    expect(outcomes[1]).toEqual({ kind: 'written' });
  });

  test('a late read stays late', async () => {
    const { lane, ask } = open();
    await ask({ kind: 'read', id: 1, block: 0, blocks: 1 });
    const hung = lane.pids[0] ?? 0;
    process.kill(hung, 'SIGSTOP');
    const outcomes: IoOutcome[] = [];
    lane.submit({ kind: 'read', id: 2, block: 0, blocks: 1 }, 50, (outcome) => outcomes.push(outcome));
    await until(() => outcomes.length === 1);
    process.kill(hung, 'SIGCONT');
    const pids = lane.pids.length;
    await ask({ kind: 'read', id: 3, block: 0, blocks: 1 });
    await ask({ kind: 'read', id: 4, block: 0, blocks: 1 });
    expect(lane.pids.length).toBeLessThanOrEqual(pids + 1);
    expect(outcomes).toEqual([{ kind: 'late' }]);
  });

  test('children are bounded, and a write that none could begin is failed, not late', async () => {
    const { lane } = open(childThat('exec sleep 600'));
    const outcomes: IoOutcome[] = [];
    for (let id = 0; id < MAX_CHILDREN + 2; id += 1) {
      lane.submit({ kind: 'write', id, block: 8, data: filled(1) }, 1500, (outcome) =>
        outcomes.push(outcome),
      );
    }
    await until(() => outcomes.length === MAX_CHILDREN + 2);
    expect(lane.pids).toHaveLength(MAX_CHILDREN);
    expect(outcomes.filter((outcome) => outcome.kind === 'late')).toHaveLength(MAX_CHILDREN);
    expect(outcomes.at(-1)).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('not begun in time'),
    });
  });

  test('a write whose child was killed before it began is failed: nothing of it is in flight', async () => {
    const { lane, ask } = open();
    await ask({ kind: 'read', id: 1, block: 0, blocks: 1 });
    const pid = lane.pids[0] ?? 0;
    process.kill(pid, 'SIGSTOP');
    const outcomes: IoOutcome[] = [];
    lane.submit({ kind: 'write', id: 2, block: 8, data: filled(5) }, 10_000, (outcome) =>
      outcomes.push(outcome),
    );
    process.kill(pid, 'SIGKILL');
    await until(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'failed' }]);
    expect(readIoNotes(paths.ioDir).filter((note) => note.child.pid === pid)).toEqual([]);
  });

  test('a write whose child was killed in the middle of it is late and stays so: it may still land', async () => {
    const { lane } = open(childThat('head -c 4128 >/dev/null; kill -KILL $$'));
    const outcomes: IoOutcome[] = [];
    lane.submit({ kind: 'write', id: 2, block: 8, data: filled(5) }, 500, (outcome) =>
      outcomes.push(outcome),
    );
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual([{ kind: 'late' }]);
  });

  test('a request whose time is over is not begun', async () => {
    const { lane } = open();
    const outcomes: IoOutcome[] = [];
    lane.submit({ kind: 'write', id: 2, block: 8, data: filled(5) }, 0, (outcome) => outcomes.push(outcome));
    await until(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'failed' }]);
  });

  test('a write that waits for children that never listen is failed: nothing of it is in flight', async () => {
    const { lane } = open(['false']);
    const outcomes: IoOutcome[] = [];
    lane.submit({ kind: 'write', id: 1, block: 8, data: filled(5) }, 700, (outcome) =>
      outcomes.push(outcome),
    );
    await until(() => outcomes.length === 1);
    expect(outcomes).toMatchObject([{ kind: 'failed' }]);
  });

  test('a child that answers nonsense is not believed', async () => {
    const { lane } = open(childThat('head -c 4128 >/dev/null; head -c 64 /dev/zero; exec sleep 600'));
    const outcomes: IoOutcome[] = [];
    lane.submit({ kind: 'write', id: 1, block: 8, data: filled(5) }, 500, (outcome) =>
      outcomes.push(outcome),
    );
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual([{ kind: 'late' }]);
  });
});

describe('a keeper that is gone', () => {
  test('its child finishes the write, notes that in /run and ends', async () => {
    const lane = `const { StoreLane } = await import(${JSON.stringify(new URL('./storeLane.ts', import.meta.url).href)});
      const lane = new StoreLane({ command: JSON.parse(process.argv[1]), name: 'x', fateOf: () => null, notice: () => {} });
      lane.submit({ kind: 'read', id: 1, block: 0, blocks: 1 }, 9000, () => {
        const pid = lane.pids[0];
        process.kill(pid, 'SIGSTOP');
        lane.submit({ kind: 'write', id: 77, block: 8, data: new Uint8Array(4096).fill(9) }, 9000, () => {});
        setTimeout(() => { process.stdout.write(String(pid)); process.kill(process.pid, 'SIGKILL'); }, 100);
      });`;
    const command = [
      ...storeIoCommand(roleCommand('./storeIoMain.ts', 'storeIoMain'), paths, hostSettings(area), 'lease'),
    ];
    command[command.indexOf('--keeper') + 1] = '4242';
    const keeper = spawnSync(process.execPath, ['--input-type=module', '-e', lane, JSON.stringify(command)], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    const child = Number(keeper.stdout);
    expect(child).toBeGreaterThan(1);
    process.kill(child, 'SIGCONT');
    await until(
      () => !existsSync(`/proc/${child}`) || readFileSync(`/proc/${child}/stat`, 'utf8').includes(') Z'),
    );
    expect(readIoNotes(paths.ioDir)).toMatchObject([{ keeperPid: 4242, state: { kind: 'written', id: 77 } }]);
    expect(readFileSync(area)[8 * BLOCK_BYTES]).toBe(9);
  });
});
