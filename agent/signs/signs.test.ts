import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SignStatus } from '../protocol/hostSigns.ts';
import { bmcFigures, readBmc } from './bmc.ts';
import { Growth } from './counters.ts';
import { diskFigure, readDisks } from './disks.ts';
import { LinkErrors } from './links.ts';
import { MemoryErrors } from './memoryErrors.ts';
import { memoryPressure } from './pressure.ts';
import { worstOf } from './reading.ts';
import { runBounded } from './runBounded.ts';
import { readSensors } from './sensors.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'understudy-signs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string | number): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${text}\n`);
}

describe('disks', () => {
  const ata = (table: readonly object[], passed = true): string =>
    JSON.stringify({ model_name: 'WDC 1', smart_status: { passed }, ata_smart_attributes: { table } });

  test.each([
    [ata([{ id: 5, raw: { value: 0 } }]), 'fine', 'passes its own test'],
    [ata([{ id: 197, raw: { value: 8 } }]), 'worrying', '8 sectors waiting to be replaced'],
    [ata([], false), 'failing', 'says of itself that it fails'],
    [
      JSON.stringify({
        smart_status: { passed: true },
        nvme_smart_health_information_log: {
          critical_warning: 4,
          available_spare: 3,
          available_spare_threshold: 10,
        },
      }),
      'failing',
      'critical warning 4, 3 % of its spare blocks left',
    ],
    [
      JSON.stringify({
        smart_status: { passed: true },
        nvme_smart_health_information_log: { critical_warning: 0, percentage_used: 104, media_errors: 0 },
      }),
      'worrying',
      '104 % of its life used',
    ],
  ])('%s', (json, level, evidence) => {
    expect(diskFigure('/dev/sda', json)).toEqual({ level, evidence: expect.stringContaining(evidence) });
  });

  test.each([
    '',
    'not JSON',
    '[]',
    '{}',
    '{"smart_status":{"passed":"yes"}}',
    '{"ata_smart_attributes":{"table":"x"}}',
  ])('an answer that says nothing is none: %s', (json) => expect(diskFigure('/dev/sda', json)).toBeNull());

  test('hostile names change nothing of what is shown, and no such device is asked', async () => {
    const report = JSON.stringify({
      model_name: '\u001b[2Jx\n'.repeat(500),
      smart_status: { passed: false },
    });
    const figure = diskFigure('/dev/sda', report);
    const sign = worstOf('disk', figure === null ? [] : [figure]);
    expect(SignStatus.safeParse(sign).success).toBe(true);
    expect(sign?.evidence).toMatch(/^[\x20-\x7e]+$/);
    const asked: string[] = [];
    const scan = { devices: [{ name: '/dev/sda; reboot', type: 'scsi' }] };
    await readDisks(async (_program, args) => {
      asked.push(args.at(-1) ?? '');
      return args.includes('--scan') ? JSON.stringify(scan) : report;
    });
    expect(asked).toEqual(['-j']);
  });

  test('each disk is asked once; one that does not answer is left out', async () => {
    const devices = ['sda', 'sdb'].map((name) => ({ name: `/dev/${name}`, type: 'scsi' }));
    const figures = await readDisks(async (_program, args) => {
      if (args.includes('--scan')) return JSON.stringify({ devices });
      return args.at(-1) === '/dev/sda' ? null : ata([]);
    });
    expect(figures).toHaveLength(1);
    expect(await readDisks(async () => null)).toEqual([]);
  });
});

describe('sensors', () => {
  const chip = (files: Readonly<Record<string, number | string>>): void => {
    for (const [name, value] of Object.entries(files)) put(`hwmon0/${name}`, value);
  };

  test.each([
    [{ temp1_input: 45_000, temp1_crit: 100_000 }, 'fine'],
    [{ temp1_input: 96_000, temp1_crit: 100_000 }, 'worrying'],
    [{ temp1_input: 82_000, temp1_max: 80_000, temp1_crit: 100_000 }, 'worrying'],
    [{ temp1_input: 101_000, temp1_crit: 100_000 }, 'failing'],
    [{ temp1_input: 50_000, temp1_crit: 100_000, temp1_crit_alarm: 1 }, 'failing'],
  ])('a temperature of %j is %s', async (files, level) => {
    chip({ name: 'coretemp', temp1_label: 'Package id 0', ...files });
    const { temperatures } = await readSensors(root);
    expect(temperatures).toEqual([
      { level, evidence: expect.stringMatching(/^coretemp Package id 0: \d+ C/) },
    ]);
  });

  test('limits that no machine has, or none at all, judge nothing', async () => {
    chip({
      temp1_input: 45_000,
      temp1_crit: 0,
      temp2_input: 45_000,
      temp3_input: 9_999_999,
      temp3_max: 65_261_850,
    });
    expect((await readSensors(root)).temperatures).toEqual([]);
  });

  test('a fan is judged by its own least speed; one that is not plugged in is not', async () => {
    chip({
      fan1_input: 1200,
      fan1_min: 500,
      fan2_input: 0,
      fan2_min: 500,
      fan3_input: 0,
      fan3_min: 0,
      fan4_input: 300,
      fan4_min: 500,
    });
    const levels = (await readSensors(root)).fans.map(({ level }) => level);
    expect(levels).toEqual(['fine', 'failing', 'worrying']);
  });

  test('nonsense is left out', async () => {
    chip({ temp1_input: 'hot', temp1_crit: '1e9', fan1_input: '', fan1_min: 'x'.repeat(9000) });
    expect(await readSensors(root)).toEqual({ temperatures: [], fans: [] });
    expect(await readSensors(join(root, 'nowhere'))).toEqual({ temperatures: [], fans: [] });
  });
});

describe('counters', () => {
  test('growth is counted within its time, and from anew after a counter went back', () => {
    const growth = new Growth(1000);
    const at = (count: number, nowMs: number): number | undefined =>
      growth.note(new Map([['a', count]]), nowMs).get('a');
    expect([at(100, 0), at(105, 500), at(106, 1200), at(106, 5000)]).toEqual([0, 5, 1, 0]);
    expect([at(2, 5100), at(9, 5200)]).toEqual([0, 7]);
  });

  test('memory errors: many corrected within a day worry, one that was not corrected is a failure', async () => {
    const errors = new MemoryErrors(root);
    put('mc0/ce_count', 1000);
    put('mc0/ue_count', 0);
    put('power/x', 1);
    const level = async (nowMs: number): Promise<string | undefined> => (await errors.read(nowMs))[0]?.level;
    expect(await level(0)).toBe('fine');
    put('mc0/ce_count', 1100);
    expect(await level(3_600_000)).toBe('worrying');
    put('mc0/ue_count', 1);
    expect(await level(7_200_000)).toBe('failing');
    expect(await new MemoryErrors(join(root, 'none')).read(0)).toEqual([]);
  });

  test('links: by the share of damaged packets, of cards only', async () => {
    const links = new LinkErrors(root);
    const card = (name: string, errors: number, packets: number): void => {
      for (const way of ['rx', 'tx']) {
        put(`${name}/statistics/${way}_errors`, errors);
        put(`${name}/statistics/${way}_packets`, packets);
      }
    };
    mkdirSync(join(root, 'pci'));
    card('eno1', 5, 1000);
    card('vnet0', 9999, 10_000);
    symlinkSync(join(root, 'pci'), join(root, 'eno1/device'));
    const read = async (nowMs: number): Promise<readonly string[]> =>
      (await links.read(nowMs)).map(({ level }) => level);
    expect(await read(0)).toEqual(['fine']);
    card('eno1', 8, 1100);
    expect(await read(60_000)).toEqual(['fine']);
    card('eno1', 55, 101_000);
    expect(await read(120_000)).toEqual(['worrying']);
    card('eno1', 9000, 300_000);
    expect(await read(180_000)).toEqual(['failing']);
  });
});

test.each([
  ['some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0', 'fine'],
  [
    'some avg10=0.00 avg60=35.10 avg300=0.00 total=0\nfull avg10=0.00 avg60=12.00 avg300=0.00 total=0',
    'worrying',
  ],
  [
    'some avg10=0.00 avg60=90.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=61.00 avg300=0.00 total=0',
    'failing',
  ],
  ['', undefined],
  ['some avg10=x avg60=1e9 avg300=', undefined],
])('memory pressure: %s', (text, level) => expect(memoryPressure(text)?.level).toBe(level));

test('a BMC: states beyond a limit, failed supplies, and lines that are none', async () => {
  const fans =
    'Fan 1A | 30h | ok  | 29.1 | 3360 RPM\nFan 1B | 31h | cr  | 29.1 | 0 RPM\nFan 2 | 32h | ns | 29.1 | No Reading';
  expect(bmcFigures(fans, 'fan').map(({ level }) => level)).toEqual(['fine', 'failing']);
  const supplies =
    'PS1 Status | 85h | ok | 10.1 | Presence detected\nPS2 | 86h | ok | 10.2 | Presence detected, Power Supply AC lost';
  expect(bmcFigures(supplies, 'supply').map(({ level }) => level)).toEqual(['fine', 'failing']);
  expect(bmcFigures('| | constructor | |\n||__proto__||\n\u0000'.repeat(1000), 'fan')).toEqual([]);
  expect(await readBmc(async () => null)).toEqual({ fans: [], powerSupplies: [] });
});

describe('programs', () => {
  test('what one prints counts whatever its exit status', async () => {
    expect(await runBounded('sh', ['-c', 'echo hello; exit 4'], 10_000, 1000)).toBe('hello\n');
  });
  test.each([
    ['is not there', 'understudy-no-such-program', []],
    ['hangs', 'sleep', ['60']],
    ['prints without end', 'yes', []],
  ] as const)('one that %s is none', async (_what, program, args) => {
    expect(await runBounded(program, args, 300, 1000)).toBeNull();
  });
});
