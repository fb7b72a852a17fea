import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from './testSupport.ts';
import { DeviceWatchdog, judgeWatchdog, type WatchdogReading } from './watchdog.ts';
import { readAttributes } from './watchdogAttributes.ts';

let root: string;
let device: string;
let fd: number;
let nowMs: number;
let logged: string[];
const log = (code: string): void => {
  logged.push(code);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ust-wd-'));
  device = join(root, 'device');
  fd = openSync(device, 'a');
  nowMs = 1000;
  logged = [];
  mkdirSync(join(root, 'attributes'));
  attribute('timeout', '9');
  attribute('state', 'active');
  attribute('nowayout', '0');
  attribute('options', '0x8180');
  attribute('identity', 'iTCO_wdt');
});

afterEach(() => {
  closeSync(fd);
  rmSync(root, { recursive: true });
});

function attribute(name: string, text: string): void {
  writeFileSync(join(root, 'attributes', name), `${text}\n`);
}

function opened(): ConstructorParameters<typeof DeviceWatchdog>[0] {
  return { fd, why: null, seconds: 9, report: '', attributes: join(root, 'attributes') };
}

function judged(): WatchdogReading {
  return judgeWatchdog(opened(), readAttributes(join(root, 'attributes'), ''));
}

describe('what counts as armed', () => {
  test('an active device with magic close and the timeout that was asked for', () => {
    expect(judged()).toEqual({ state: 'armed', timeoutMs: 9000, why: null });
  });

  test.each([
    ['a longer timeout', 'timeout', '60'],
    ['a timeout of nothing', 'timeout', '0'],
    ['a timeout that is no number', 'timeout', 'soon'],
    ['an inactive device', 'state', 'inactive'],
    ['a device that a close would stop', 'options', '0x8080'],
  ])('not %s', (_what, name, text) => {
    attribute(name, text);
    expect(judged()).toMatchObject({ state: 'none', timeoutMs: null, why: expect.any(String) });
  });

  test('not a device that was never opened, and the reason is kept', () => {
    const reading = judgeWatchdog(
      { ...opened(), fd: null, why: 'sanlock uses it' },
      readAttributes(null, ''),
    );
    expect(reading).toEqual({ state: 'none', timeoutMs: null, why: 'sanlock uses it' });
  });

  test('nowayout in the place of magic close', () => {
    attribute('options', '0x8080');
    attribute('nowayout', '1');
    expect(judged().state).toBe('armed');
  });

  test("the kernel's software watchdog is named as what it is", () => {
    attribute('identity', 'Software Watchdog');
    expect(judged()).toMatchObject({ state: 'software', timeoutMs: 9000 });
  });

  test('what wdctl printed, where the kernel shows no attributes', () => {
    const report = [
      'Timeout has been set to 9 seconds.',
      'Device:        /dev/watchdog',
      'Identity:      Software Watchdog [version 0]',
      'Timeout:        9 seconds',
      'FLAG           DESCRIPTION               STATUS BOOT-STATUS',
      'MAGICCLOSE     Supports magic close char      0           0',
    ].join('\n');
    expect(readAttributes(null, report)).toEqual({
      identity: 'Software Watchdog',
      timeoutSeconds: 9,
      state: null,
      keepsRunning: true,
    });
  });
});

describe('a watchdog device', () => {
  test('is petted only while that is allowed', async () => {
    const watchdog = new DeviceWatchdog(opened(), () => nowMs, log);
    watchdog.pet(1001);
    await until(() => readFileSync(device, 'utf8') === '.' && !watchdog.stuck);
    nowMs = 1001;
    watchdog.pet(1001);
    expect(watchdog.stuck).toBe(false);
    expect(readFileSync(device, 'utf8')).toBe('.');
  });

  test('says loudly that a pet came too late', async () => {
    const watchdog = new DeviceWatchdog(opened(), () => nowMs, log);
    watchdog.pet(1001);
    nowMs = 5000;
    await until(() => !watchdog.stuck);
    expect(logged).toEqual(['keeper.pet-late']);
  });

  test('gets the magic letter when it is disarmed', async () => {
    await new DeviceWatchdog(opened(), () => nowMs, log).disarm();
    expect(readFileSync(device, 'utf8')).toBe('V');
  });

  test('is reported once, and again when the kernel says something else', () => {
    const readings: WatchdogReading[] = [];
    const watchdog = new DeviceWatchdog({ ...opened(), fd: 999_999 }, () => nowMs, log);
    watchdog.start((reading) => readings.push(reading));
    nowMs += 60_000;
    watchdog.pet(0);
    expect(readings).toHaveLength(1);
    attribute('state', 'inactive');
    nowMs += 60_000;
    watchdog.pet(0);
    expect(readings.map((reading) => reading.state)).toEqual(['armed', 'none']);
  });

  test('whose pets fail is not armed', async () => {
    const readings: WatchdogReading[] = [];
    const watchdog = new DeviceWatchdog({ ...opened(), fd: 999_999 }, () => nowMs, log);
    watchdog.start((reading) => readings.push(reading));
    watchdog.pet(Number.POSITIVE_INFINITY);
    await until(() => readings.length === 2);
    expect(readings[1]).toMatchObject({ state: 'none', why: expect.stringContaining('a pet failed') });
  });

  test('must be opened anew for another timeout', () => {
    const watchdog = new DeviceWatchdog(opened(), () => nowMs, log);
    expect(watchdog.useTimeout(10_000)).toBe(true);
    expect(watchdog.useTimeout(5000)).toBe(false);
  });
});
