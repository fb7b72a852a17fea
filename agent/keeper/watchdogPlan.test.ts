import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProcFs } from './procfs.ts';
import { hostSettings } from './testSupport.ts';
import { type PlanInput, planLines, planWatchdog, watchdogRivals, watchdogSeconds } from './watchdogPlan.ts';

const input: PlanInput = {
  settings: { ...hostSettings('/srv/area'), watchdogDevice: '/dev/watchdog0' },
  watchdogMs: 10_000,
  untilMs: null,
  nowMs: 50_000,
  rivals: [],
  attributes: { identity: null, timeoutSeconds: 60, state: 'inactive', keepsRunning: true },
};

describe('the plan for the watchdog', () => {
  test('sets a timeout that leaves the device a second to reset', () => {
    expect([5000, 10_000, 20_000].map(watchdogSeconds)).toEqual([4, 9, 19]);
    expect(planWatchdog(input)).toEqual({
      device: '/dev/watchdog0',
      seconds: 9,
      set: true,
      untilMs: null,
      why: null,
    });
  });

  test('does not close a device that has its timeout already, just to set it again', () => {
    const set = (timeoutSeconds: number, keepsRunning: boolean): boolean =>
      planWatchdog({ ...input, attributes: { ...input.attributes, timeoutSeconds, keepsRunning } }).set;
    expect(set(9, true)).toBe(false);
    expect(set(8, true)).toBe(true);
    expect(set(9, false)).toBe(true);
  });

  test('does not open it again once the right to pet has passed', () => {
    expect(planWatchdog({ ...input, untilMs: 50_001 })).toMatchObject({
      device: '/dev/watchdog0',
      set: false,
    });
    expect(planWatchdog({ ...input, untilMs: 50_000 })).toMatchObject({
      device: null,
      why: expect.stringContaining('has passed'),
    });
  });

  test('leaves it to others who use it, and names them', () => {
    expect(planWatchdog({ ...input, rivals: ['sanlock', 'wdmd (sanlock)'] })).toMatchObject({
      device: null,
      why: 'the watchdog is refused beside sanlock and wdmd (sanlock): disable that first',
    });
  });

  test('leaves it alone where none is configured', () => {
    const settings = hostSettings('/srv/area');
    expect(planWatchdog({ ...input, settings })).toMatchObject({ device: null });
  });

  test('is told to the wrapper in lines that hold no surprise', () => {
    expect(planLines({ device: null, seconds: 9, set: false, untilMs: 77, why: 'two\nlines' })).toBe(
      'device -\nseconds 9\nset no\nuntil 77\nwhy two lines\n',
    );
  });
});

describe('others that use a watchdog', () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'ust-proc-'));
  });
  afterEach(() => {
    rmSync(proc, { recursive: true });
  });

  function process(pid: number, name: string, holds: string | null, kernelThread = false): void {
    mkdirSync(join(proc, `${pid}/fd`), { recursive: true });
    if (holds !== null) symlinkSync(holds, join(proc, `${pid}/fd/5`));
    symlinkSync(`/usr/sbin/${name}`, join(proc, `${pid}/exe`));
    const fields = ['S', 1, 1, 1, 0, -1, kernelThread ? 0x20_8040 : 0x40_0100, ...Array(12).fill(0), 4711, 0];
    writeFileSync(join(proc, `${pid}/stat`), `${pid} (${name}) ${fields.join(' ')}\n`);
  }

  test('are found by what they hold and by their names', () => {
    process(1, 'systemd', '/dev/watchdog0');
    process(20, 'sshd', '/dev/null');
    process(21, 'corosync', null);
    process(22, 'petd', '/opt/odd');
    expect(watchdogRivals('/opt/odd', new ProcFs(proc))).toEqual([
      'corosync',
      'petd (process 22)',
      "systemd's RuntimeWatchdog",
    ]);
  });

  test("do not include the kernel's own thread", () => {
    process(42, 'watchdogd', null, true);
    expect(watchdogRivals(null, new ProcFs(proc))).toEqual([]);
  });
});
