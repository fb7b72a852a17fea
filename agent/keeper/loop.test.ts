import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IoOutcome, KeeperEffect, KeeperInput, KeeperSetup } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import type { KeeperLine } from '../protocol/keeperLink.ts';
import { KeeperLoop } from './loop.ts';
import { KEEPER_EXIT, type KeeperMachine } from './loopTypes.ts';
import { ProcFs } from './procfs.ts';
import { loadRunFile, loadWatchdogUntil, makeRunFolders } from './runFiles.ts';
import { AREA_ID, emptyRunFile, hostSettings, temporaryPaths, until } from './testSupport.ts';
import { UnreturnedReports } from './unreturnedReports.ts';
import type { Watchdog, WatchdogReading } from './watchdog.ts';

const BOOT = 'bbbbbbbb-0000-4000-8000-000000000001';
const VM = 'aaaaaaaa-0000-4000-8000-000000000001';

const runFile = emptyRunFile(BOOT);

let paths: Paths;
let nowMs: number;
let inputs: KeeperInput[];
let sent: KeeperLine[];
let acts: string[];
let logged: string[];
let io: { block: number; timeoutMs: number; done: (outcome: IoOutcome) => void }[];
let tellWatchdog: (reading: WatchdogReading) => void;
/** What the machine of the test answers to an input. */
let answer: (input: KeeperInput) => readonly KeeperEffect[];

beforeEach(() => {
  paths = temporaryPaths();
  makeRunFolders(paths);
  nowMs = 1000;
  inputs = [];
  sent = [];
  acts = [];
  logged = [];
  io = [];
  answer = () => [];
});

afterEach(() => {
  rmSync(paths.root ?? '', { recursive: true, force: true });
});

const machine: KeeperMachine<null> = {
  start: () => null,
  step: (_state, input) => {
    inputs.push(input);
    return { state: null, effects: answer(input) };
  },
};

const watchdog: Watchdog = {
  start: (changed) => {
    tellWatchdog = changed;
  },
  pet: () => acts.push('pet'),
  useTimeout: (watchdogMs) => watchdogMs === 10_000,
  disarm: async () => {
    acts.push('disarm');
    await Promise.resolve();
  },
  stuck: false,
};

function run(start: KeeperMachine<null> = machine): { loop: KeeperLoop<null>; ended: Promise<number> } {
  const lane = {
    submit: (request: { block: number }, timeoutMs: number, done: (outcome: IoOutcome) => void) => {
      io.push({ block: request.block, timeoutMs, done });
    },
  };
  const setup: KeeperSetup = {
    settings: hostSettings('/srv/area'),
    bootId: BOOT,
    version: 'test',
    realTime: false,
    runFile: null,
    config: null,
  };
  const loop = new KeeperLoop(paths, setup, {
    machine: start,
    clock: () => nowMs,
    processes: {
      scan: () => null,
      freeze: (vms) => acts.push(`freeze ${vms.join()}`),
      thaw: (vms, stillAllowed) => acts.push(stillAllowed() ? `thaw ${vms.join()}` : 'too late to thaw'),
      kill: (vms) => acts.push(`kill ${vms.join()}`),
      onIdentified: () => undefined,
      stuck: false,
    },
    watchdog,
    lanes: { lease: lane, table: lane },
    reports: new UnreturnedReports(paths.ioDir, null, new ProcFs(), () => undefined),
    send: (line) => sent.push(line),
    saveConfig: () => acts.push('saveConfig'),
    log: (code, facts) => logged.push(`${code} ${JSON.stringify(facts)}`),
  });
  return { loop, ended: loop.run() };
}

const leaveOnRequest = (input: KeeperInput): readonly KeeperEffect[] =>
  input.kind === 'request' ? [{ kind: 'disarmWatchdog' }] : [];

async function end(loop: KeeperLoop<null>, ended: Promise<number>): Promise<void> {
  answer = leaveOnRequest;
  loop.request({ id: 1, body: { kind: 'leave' } });
  expect(await ended).toBe(KEEPER_EXIT.left);
}

describe('the loop', () => {
  test('carries effects out in their order', async () => {
    answer = (input) =>
      input.kind === 'agent'
        ? [
            { kind: 'freeze', vms: [VM] },
            { kind: 'kill', vms: [VM] },
            { kind: 'thaw', vms: [VM], notAfterMs: nowMs + 1 },
            { kind: 'thaw', vms: [VM], notAfterMs: nowMs },
            { kind: 'pet', notAfterMs: 7777.7 },
            { kind: 'gate', open: [{ vm: VM, epoch: 3, generation: 4, notAfterMs: 5000, incoming: false }] },
          ]
        : [];
    const { loop, ended } = run();
    loop.agent(true);
    expect(acts).toEqual([`freeze ${VM}`, `kill ${VM}`, `thaw ${VM}`, 'too late to thaw', 'pet']);
    expect(loadWatchdogUntil(paths)).toBe(7777);
    expect(readFileSync(paths.gateFile, 'utf8')).toContain(`${VM} 3 4 5000`);
    await end(loop, ended);
    expect(acts.at(-1)).toBe('disarm');
  });

  test('ticks at least twice in g', async () => {
    const { loop, ended } = run();
    const ticks = await until(() => inputs.filter((input) => input.kind === 'tick').length >= 3);
    expect(ticks).toBe(true);
    await end(loop, ended);
  });

  test('says so when two ticks lie further apart than g', async () => {
    const { loop, ended } = run();
    nowMs += 60_000;
    await until(() => logged.length > 0);
    expect(logged).toEqual(['keeper.tick-late {"gapMs":60000}']);
    await end(loop, ended);
  });

  test('looks at the processes anew before it passes a start or a release on', async () => {
    const { loop, ended } = run();
    const before = inputs.length;
    loop.request({ id: 5, body: { kind: 'beginStart', token: 1, generation: 2 } });
    expect(inputs.slice(before).map((input) => input.kind)).toEqual(['tick', 'request']);
    await end(loop, ended);
  });

  test('gives an operation the time until its deadline, and passes a late answer on too', async () => {
    answer = (input) =>
      input.kind === 'agent'
        ? [{ kind: 'read', id: 9, block: 8, blocks: 8, deadlineMs: 1400, lane: 'lease' }]
        : [];
    const { loop, ended } = run();
    loop.agent(true);
    expect(io).toMatchObject([{ block: 8, timeoutMs: 400 }]);
    io[0]?.done({ kind: 'late' });
    io[0]?.done({ kind: 'failed', error: 'EIO' });
    expect(inputs.filter((input) => input.kind === 'io')).toMatchObject([
      { id: 9, outcome: { kind: 'late' } },
      { id: 9, outcome: { kind: 'failed' } },
    ]);
    await end(loop, ended);
  });

  test('an effect whose record can not be saved is not carried out, and the keeper ends', async () => {
    answer = (input) =>
      input.kind === 'agent'
        ? [
            { kind: 'saveRun', file: runFile },
            { kind: 'kill', vms: [VM] },
          ]
        : [];
    const { loop, ended } = run();
    rmSync(dirname(paths.keeperRunFile), { recursive: true });
    loop.agent(true);
    await expect(ended).rejects.toThrow('ENOENT');
    expect(acts).toEqual([]);
  });

  test('an assertion that fails in the machine ends the keeper', async () => {
    const { loop, ended } = run({
      ...machine,
      step: () => {
        throw new Error('this can not be');
      },
    });
    loop.agent(true);
    await expect(ended).rejects.toThrow('this can not be');
  });

  test('names itself as the keeper of writes that are out', async () => {
    const write = { id: 4, block: 300, class: 'exclusive', issuedAtMs: 1, storeIoPid: 0 } as const;
    const older = { ...write, id: 3, storeIoPid: 41 };
    answer = (input) =>
      input.kind === 'agent' ? [{ kind: 'saveRun', file: { ...runFile, unreturned: [older, write] } }] : [];
    const { loop, ended } = run();
    loop.agent(true);
    expect(loadRunFile(paths, BOOT)).toMatchObject({
      file: { unreturned: [{ storeIoPid: 41 }, { storeIoPid: process.pid }] },
    });
    await end(loop, ended);
  });

  test('asks to leave until it may, and keeps the answers to itself', async () => {
    let refusals = 0;
    answer = (input) => {
      if (input.kind !== 'request') return [];
      refusals += 1;
      if (refusals > 2) return [{ kind: 'disarmWatchdog' }];
      const failure = { code: 'keeper.busy', message: 'a VM runs' };
      return [{ kind: 'send', line: { kind: 'refused', id: input.request.id, failure } }];
    };
    const { loop, ended } = run();
    loop.leave();
    const timer = setInterval(() => (nowMs += 900), 10);
    expect(await ended).toBe(KEEPER_EXIT.left);
    clearInterval(timer);
    expect(sent.filter((line) => line.kind === 'refused')).toEqual([]);
  });
});

describe('a new profile', () => {
  const config = JSON.parse(
    JSON.stringify({
      groupId: AREA_ID,
      groupName: 'g',
      areaId: AREA_ID,
      generation: 2,
      profile: 'swift',
      disarmed: false,
      hosts: [],
      vms: [],
    }),
  );

  test('reopens the watchdog only after the store has said that it is not armed', async () => {
    answer = (input) => {
      if (input.kind === 'agent') return [{ kind: 'saveConfig', config }];
      if (input.kind === 'tick' && input.nowMs > 5000) {
        return [
          { kind: 'saveRun', file: { ...runFile, lastGoodMs: 4000 } },
          { kind: 'pet', notAfterMs: input.nowMs + 5000 },
        ];
      }
      return [];
    };
    const { loop, ended } = run();
    loop.agent(true);
    expect(inputs.at(-1)).toMatchObject({ kind: 'watchdog', state: 'none' });
    tellWatchdog({ state: 'armed', timeoutMs: 9000, why: null });
    expect(inputs.filter((input) => input.kind === 'watchdog')).toHaveLength(1);
    nowMs = 5001;
    await until(() => acts.includes('pet'));
    nowMs = 11_000;
    await until(() => inputs.some((input) => input.kind === 'tick' && input.nowMs === 11_000));
    nowMs = 11_002;
    expect(await ended).toBe(KEEPER_EXIT.reopenWatchdog);
    expect(acts).not.toContain('disarm');
  });
});
