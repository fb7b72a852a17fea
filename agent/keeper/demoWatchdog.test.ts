import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Paths, rootArguments } from '../paths.ts';
import { DemoWatchdog } from './demoWatchdog.ts';
import { type StandIn, serveStandIn } from './demoWatchdogMain.ts';
import { roleCommand, temporaryPaths, until } from './testSupport.ts';
import type { WatchdogReading } from './watchdog.ts';

let paths: Paths;
let standIn: StandIn;
let nowMs: number;
let fired: number;
let readings: WatchdogReading[];
let watchdog: DemoWatchdog;

beforeEach(async () => {
  paths = temporaryPaths();
  mkdirSync(paths.runDir);
  nowMs = 1000;
  fired = 0;
  readings = [];
  standIn = await serveStandIn(
    paths.demoWatchdogSocket,
    () => {
      fired += 1;
    },
    () => nowMs,
  );
});

afterEach(async () => {
  await watchdog.disarm();
  standIn.close();
  rmSync(paths.root ?? '', { recursive: true });
});

async function open(untilMs: number | null = null): Promise<void> {
  watchdog = new DemoWatchdog({ self: [], paths, watchdogMs: 2000, untilMs, clock: () => nowMs });
  watchdog.start((reading) => readings.push(reading));
  await until(() => readings.length > 0);
}

/** Whether it has fired when the clock stands at `atMs`. */
function firesAt(atMs: number): boolean {
  nowMs = atMs;
  standIn.look();
  return fired > 0;
}

/** Resolves when the stand-in has taken what was sent before: it answers a second opener by hanging up. */
async function taken(): Promise<void> {
  const second = connect(paths.demoWatchdogSocket);
  await new Promise((resolve) => second.once('close', resolve));
}

describe('the stand-in for a watchdog', () => {
  test('is armed once it is open, with the timeout of the profile', async () => {
    await open();
    expect(readings).toEqual([{ state: 'armed', timeoutMs: 1000, why: null }]);
    watchdog.useTimeout(5000);
    expect(readings.at(-1)).toMatchObject({ timeoutMs: 4000 });
  });

  test('fires when the pets stop, and not before', async () => {
    await open();
    await taken();
    nowMs = 1800;
    watchdog.pet(1801);
    await taken();
    expect(firesAt(2799)).toBe(false);
    expect(firesAt(2800)).toBe(true);
  });

  test('is not petted when the right has passed', async () => {
    await open();
    await taken();
    nowMs = 1800;
    watchdog.pet(1800);
    await taken();
    expect(firesAt(2000)).toBe(true);
  });

  test('goes on counting when its opener is gone without a word', async () => {
    await open(0);
    const socket = connect(paths.demoWatchdogSocket);
    socket.write('T500\n');
    await taken();
    socket.destroy();
    expect(firesAt(1500)).toBe(true);
  });

  test('stops counting after the magic letter', async () => {
    await open();
    await watchdog.disarm();
    expect(firesAt(60_000)).toBe(false);
  });

  test('is not opened when the right has passed, and is as soon as there is one again', async () => {
    await open(1000);
    expect(readings).toEqual([{ state: 'none', timeoutMs: null, why: 'the right to pet it has passed' }]);
    watchdog.pet(1000);
    watchdog.pet(1001);
    await until(() => readings.length === 2);
    expect(readings[1]).toMatchObject({ state: 'armed' });
  });
});

test("the stand-in's process is the power switch of its demo host, and of nothing else", async () => {
  await open(0);
  standIn.close();
  const start = (command: readonly string[], options = {}): ChildProcess => {
    const [program = '', ...args] = command;
    return spawn(program, args, { stdio: 'ignore', ...options });
  };
  const role = [
    ...roleCommand('./demoWatchdogMain.ts', 'demoWatchdogMain'),
    'demo-watchdog',
    ...rootArguments(paths),
  ];
  const quoted = role.map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(' ');
  const host = start(['sh', '-c', `sleep 600 & ${quoted} & wait`], { detached: true });
  const bystander = start(['sleep', '600']);
  const ended = new Promise((resolve) => {
    host.once('exit', (_code, signal) => {
      resolve(signal);
    });
  });
  await until(() => existsSync(paths.demoWatchdogSocket));
  const keeper = connect(paths.demoWatchdogSocket);
  keeper.on('error', () => undefined);
  keeper.write('T100\n');
  expect(await ended).toBe('SIGKILL');
  expect(existsSync(paths.demoWatchdogFired)).toBe(true);
  expect(bystander.exitCode).toBeNull();
  bystander.kill('SIGKILL');
});
