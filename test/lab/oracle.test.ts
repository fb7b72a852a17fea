import { createSocket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { openAckLog, type BootAcks } from './ackLog.ts';
import { judge, parseRecord, type Verdict } from './oracle.ts';

const slots = 64;

interface Written {
  readonly boot: string;
  readonly host?: string;
  readonly first: number;
  readonly conflicts?: number;
}

/** A disk on which the given numbers were written, each by its boot, in this order. */
function diskOf(writes: readonly (readonly [seq: number, by: Written])[]): Buffer {
  const disk = Buffer.alloc(slots * 512);
  for (const [seq, { boot, host = 'h1', first, conflicts = 0 }] of writes) {
    const text = `LAB1 vm=vm1 boot=${boot} host=${host} seq=${seq} first=${first} conflicts=${conflicts} errors=0 mono=${seq * 100} real=1`;
    disk.write(`${text.padEnd(511)}\n`, (seq % slots) * 512, 'latin1');
  }
  return disk;
}

const span = (from: number, to: number, by: Written): (readonly [number, Written])[] =>
  Array.from({ length: to - from + 1 }, (_, at) => [from + at, by]);

const a: Written = { boot: 'a', host: 'h1', first: 1 };
const b: Written = { boot: 'b', host: 'h2', first: 11 };

const acks = (boot: string, firstSeq: number, lastSeq: number, atMs = 0): BootAcks => ({
  vm: 'vm1',
  boot,
  host: boot === 'a' ? 'h1' : 'h2',
  firstSeq,
  lastSeq,
  firstAtMs: atMs,
  lastAtMs: atMs + 1_000,
  longestGapMs: 100,
});

const kinds = (verdict: Verdict): readonly string[] => [
  ...new Set(verdict.violations.map(({ kind }) => kind)),
];

describe('a clean disk', () => {
  test('of one boot after the other is clean, and tells the boots and the downtime', () => {
    const verdict = judge(diskOf([...span(1, 10, a), ...span(11, 30, b)]), [
      acks('a', 1, 10),
      acks('b', 11, 30, 9_000),
    ]);
    expect(verdict.violations).toEqual([]);
    expect(verdict.ok).toBe(true);
    expect(verdict.boots).toEqual([
      { boot: 'a', host: 'h1', firstSeq: 1, lastSeq: 10, records: 10, longestGapMs: 100 },
      { boot: 'b', host: 'h2', firstSeq: 11, lastSeq: 30, records: 20, longestGapMs: 100 },
    ]);
    expect(verdict.handovers).toEqual([{ fromHost: 'h1', toHost: 'h2', downtimeMs: 8_000 }]);
  });

  test('never written to is clean', () => {
    expect(judge(diskOf([]), []).ok).toBe(true);
  });

  test('stays clean when the ring has come round, acknowledgements of overwritten records included', () => {
    const verdict = judge(diskOf([...span(1, 10, a), ...span(11, 90, b)]), [
      acks('a', 1, 10),
      acks('b', 11, 90),
    ]);
    expect(verdict.violations).toEqual([]);
    expect(verdict.boots).toMatchObject([{ boot: 'b', firstSeq: 27, lastSeq: 90 }]);
  });

  test('written further after the acknowledgements were taken is clean', () => {
    expect(judge(diskOf(span(1, 20, a)), [acks('a', 3, 15)]).ok).toBe(true);
  });
});

describe('two writers are found', () => {
  test('when the first writes on after the second has begun', () => {
    const disk = diskOf([...span(1, 10, a), ...span(11, 14, b), ...span(15, 18, a)]);
    expect(kinds(judge(disk, []))).toEqual(['two-writers']);
  });

  test('when a late write of the first lands over the first record of the second', () => {
    const disk = diskOf([...span(1, 10, a), ...span(11, 20, b), [11, a]]);
    expect(kinds(judge(disk, []))).toEqual(['two-writers']);
  });

  test('when a late write of the first lands in the middle of the second', () => {
    const disk = diskOf([...span(1, 10, a), ...span(11, 20, b), [15, a]]);
    expect(kinds(judge(disk, []))).toEqual(['two-writers']);
  });

  test('when only a writer itself saw the other', () => {
    const disk = diskOf([...span(1, 10, a), ...span(11, 20, { ...b, conflicts: 1 })]);
    const verdict = judge(disk, []);
    expect(verdict.violations).toHaveLength(1);
    expect(verdict.violations[0]).toMatchObject({ kind: 'two-writers', seq: 11 });
  });

  test('when the second has overwritten what the first acknowledged', () => {
    const disk = diskOf([...span(1, 13, a), ...span(11, 20, b)]);
    expect(judge(disk, []).ok).toBe(true);
    expect(judge(disk, [acks('a', 1, 13)]).violations.map(({ seq }) => seq)).toEqual([11, 12, 13]);
  });

  test('and a long double run is told in a bounded number of lines', () => {
    const disk = diskOf(
      Array.from({ length: 60 }, (_, at) => [at + 1, at % 2 === 0 ? a : { ...b, first: 2 }]),
    );
    expect(judge(disk, []).violations.length).toBeLessThanOrEqual(20);
  });
});

describe('a lost write is found', () => {
  test('when the last acknowledged records are missing', () => {
    const verdict = judge(diskOf(span(1, 8, a)), [acks('a', 1, 10)]);
    expect(verdict.violations.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['lost-acknowledged-write', 9],
      ['lost-acknowledged-write', 10],
    ]);
  });

  test('when everything that was acknowledged is missing', () => {
    expect(kinds(judge(diskOf([]), [acks('a', 1, 10)]))).toEqual(['lost-acknowledged-write']);
  });

  test('when a number was left out, also without acknowledgements', () => {
    expect(kinds(judge(diskOf([...span(1, 4, a), ...span(6, 9, a)]), []))).toEqual(['missing-record']);
  });
});

describe('a damaged record is found', () => {
  test('when a slot holds half a record', () => {
    const disk = diskOf(span(1, 10, a));
    disk.fill(0, 10 * 512 + 100, 11 * 512);
    expect(kinds(judge(disk, []))).toEqual(['damaged-record']);
  });

  test('when a record lies in another slot than its own', () => {
    const disk = diskOf(span(1, 10, a));
    disk.copy(disk, 12 * 512, 10 * 512, 11 * 512);
    expect(kinds(judge(disk, []))).toEqual(['damaged-record']);
  });

  test('and a slot that was never written is no record and no damage', () => {
    expect(parseRecord(Buffer.alloc(512))).toBeNull();
    expect(parseRecord(Buffer.alloc(512, 'x'))).toBeUndefined();
  });
});

test('the acknowledgement log keeps the first and last number of each boot and ignores strangers', async () => {
  const log = await openAckLog(0, '127.0.0.1');
  const socket = createSocket('udp4');
  const send = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(text, log.port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    });
  await send('hello');
  for (const seq of [5, 6, 7]) await send(`LAB1 vm=vm1 boot=a host=h1 seq=${seq}`);
  await send('LAB1 vm=vm1 boot=b host=h2 seq=8');
  await expect.poll(() => log.boots('vm1').length).toBe(2);
  expect(log.boots()).toMatchObject([
    { vm: 'vm1', boot: 'a', host: 'h1', firstSeq: 5, lastSeq: 7 },
    { boot: 'b', firstSeq: 8, lastSeq: 8 },
  ]);
  socket.close();
  log.close();
});
