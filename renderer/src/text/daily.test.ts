import { expect, test } from 'vitest';
import {
  ago,
  exactSeconds,
  fileSize,
  incidentVm,
  memoryText,
  moveText,
  pauseEnd,
  wallTime,
} from './daily.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

test('a pause says when it ends and how long that is, or that nobody but you ends it', () => {
  expect(pauseEnd({ until: null, endsInMs: null }, 0)).toBe('Until you end it.');
  const until = '2026-11-21T14:00:00.000Z';
  expect(plain(pauseEnd({ until, endsInMs: 1_505_000 }, 5_000))).toContain(', in 25 min.');
  expect(pauseEnd({ until, endsInMs: null }, 0)).not.toContain('in ');
});

test('a wall time that can not be read is shown as it came', () => {
  expect(wallTime('yesterday')).toBe('yesterday');
  expect(ago('yesterday')).toBe('');
  expect(ago('2026-11-21T03:00:00.000Z', Date.parse('2026-11-21T03:00:01.000Z'))).toBe('just now');
});

test('what became of a VM is said with the way it took and its seconds', () => {
  const vm = { vmName: 'mail', from: 'alpha', to: 'beta', outcome: 'moved', downMs: 13_100 } as const;
  expect(plain(incidentVm(vm))).toBe('mail moved from alpha to beta, down for 13.1 s');
  expect(incidentVm({ ...vm, to: 'alpha', outcome: 'restarted', downMs: null })).toBe(
    'mail restarted on alpha',
  );
  expect(incidentVm({ ...vm, to: null, outcome: 'down', downMs: null })).toBe('mail is down');
});

test('an assumed start time and a lack of memory are said to be what they are', () => {
  const move = { vmId: 'v', vmName: 'mail', to: 'beta', backInMs: 21_000, basis: 'assumed' } as const;
  expect(plain(moveText(move))).toBe('to beta, back in about 21 s (its start is not measured yet)');
  expect(moveText({ ...move, backInMs: null })).toBe('to beta; when is not known');
  const line = { host: 'beta', neededMiB: 8192, freeMiB: 4096, suffices: false };
  expect(plain(memoryText(line))).toBe('beta would need 8 GiB and has only 4 GiB free.');
  expect(plain(memoryText({ ...line, freeMiB: null, suffices: null }))).toContain('not known');
});

test('figures are rounded as people say them', () => {
  expect(plain(exactSeconds(21_500))).toBe('21.5 s');
  expect(plain(exactSeconds(12_000))).toBe('12 s');
  expect([812, 2_345, 84_210, 3_456_789].map((bytes) => plain(fileSize(bytes)))).toEqual([
    '812 bytes',
    '2.3 kB',
    '84 kB',
    '3.5 MB',
  ]);
});
