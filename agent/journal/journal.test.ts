import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { NewEvent } from './event.ts';
import { type Journal, type JournalOptions, openJournal } from './journal.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'journal-'));
  dirs.push(dir);
  return dir;
}

const event = (text: string): NewEvent => ({ code: 'test.event', level: 'info', text });

function open(dir: string, more: Partial<JournalOptions> = {}): Promise<Journal> {
  return openJournal({
    dir,
    host: 'host-a',
    bootId: '6f1c2a9e-0000-4000-8000-000000000001',
    nowMs: () => 1000,
    wallTime: () => '2026-01-01T00:00:00.000Z',
    print: () => undefined,
    ...more,
  });
}

/** A journal whose clock runs fast enough for any number of events. */
function openUnlimited(dir: string, more: Partial<JournalOptions> = {}): Promise<Journal> {
  let nowMs = 0;
  return open(dir, { nowMs: () => (nowMs += 1000), ...more });
}

const texts = async (journal: Journal, afterSeq: number | null = 0, limit = 1000): Promise<string[]> =>
  (await journal.read(afterSeq, limit)).events.map(({ text }) => text);

test('events outlive a restart, in order and with growing numbers', async () => {
  const dir = newDir();
  const first = await open(dir);
  expect(first.append(event('one'))?.seq).toBe(1);
  expect(first.append(event('two'))?.seq).toBe(2);
  await first.close();
  const second = await open(dir);
  expect(second.append(event('three'))?.seq).toBe(3);
  expect(await texts(second)).toEqual(['one', 'two', 'three']);
  await second.close();
});

test('a number is not given out again after a crash, even if its event never reached the disk', async () => {
  const dir = newDir();
  const crashed = await open(dir);
  const given = crashed.append(event('seen by a console'))?.seq ?? 0;
  rmSync(join(dir, 'events-00000001.jsonl'), { force: true });
  const next = await open(dir);
  expect(next.append(event('later'))?.seq).toBeGreaterThan(given);
  await Promise.all([crashed.close(), next.close()]);
});

test('cut or damaged at any byte, the log opens, keeps the whole lines and goes on', async () => {
  const dir = newDir();
  const journal = await open(dir);
  for (const text of ['one', 'two', 'three']) journal.append(event(text));
  await journal.close();
  const path = join(dir, 'events-00000001.jsonl');
  const whole = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: whole.length }),
      fc.uint8Array({ maxLength: 40 }),
      async (length, noise) => {
        writeFileSync(path, whole);
        truncateSync(path, length);
        appendFileSync(
          path,
          noise.filter((byte) => byte !== 10),
        );
        const again = await open(dir);
        const seq = again.append(event('after'))?.seq ?? 0;
        await again.close();
        const lines = whole.subarray(0, length).toString().split('\n').length - 1;
        const reopened = await open(dir);
        const kept = await texts(reopened);
        await reopened.close();
        expect(seq).toBeGreaterThan(3);
        expect(kept).toEqual([...['one', 'two', 'three'].slice(0, lines), 'after']);
      },
    ),
    { numRuns: 60 },
  );
});

test('the ring of files stays within its size and forgets the oldest first', async () => {
  const dir = newDir();
  const sizes = { segments: 4, segmentBytes: 4096 };
  const journal = await openUnlimited(dir, { sizes });
  let last = 0;
  for (let index = 0; index < 3000; index += 1) {
    last = journal.append(event(`event ${index}`))?.seq ?? last;
    if (index % 10 === 0) await journal.read(last - 600 > 0 ? last - 600 : 0, 1);
  }
  await journal.close();
  const files = readdirSync(dir).filter((name) => name.startsWith('events-'));
  expect(files.length).toBe(4);
  expect(files.reduce((sum, name) => sum + readFileSync(join(dir, name)).length, 0)).toBeLessThanOrEqual(
    4 * 4096,
  );
  const again = await openUnlimited(dir, { sizes });
  const page = await again.read(0, 1000);
  expect(page.events.at(-1)?.text).toBe('event 2999');
  expect(page.events[0]?.seq).toBe(page.firstSeq);
  await again.close();
});

test('events older than memory are read from disk, page by page, without gaps or doubles', async () => {
  const dir = newDir();
  const journal = await openUnlimited(dir);
  for (let index = 1; index <= 1500; index += 1) {
    journal.append(event(`event ${index}`));
    if (index % 500 === 0) await journal.read(0, 1);
  }
  const seen: number[] = [];
  for (;;) {
    const { events } = await journal.read(seen.at(-1) ?? 0, 100);
    if (events.length === 0) break;
    seen.push(...events.map(({ seq }) => seq));
  }
  expect(seen).toEqual(Array.from({ length: 1500 }, (_, index) => index + 1));
  const newest = await journal.read(null, 1000);
  expect(newest.events.map(({ seq }) => seq)).toEqual(
    Array.from({ length: 1000 }, (_, index) => index + 501),
  );
  await journal.close();
});

test('a component gone wild loses its own events, and the loss is told', async () => {
  const dir = newDir();
  let nowMs = 0;
  const journal = await open(dir, { nowMs: () => nowMs });
  let kept = 0;
  for (let index = 0; index < 5000; index += 1) if (journal.append(event('again')) !== null) kept += 1;
  expect(kept).toBeLessThanOrEqual(500);
  nowMs += 10_000;
  journal.append(event('calm again'));
  const { events } = await journal.read(null, 2);
  expect(events.map(({ code }) => code)).toEqual(['journal.lost', 'test.event']);
  expect(events[0]?.facts).toEqual({ lost: 5000 - kept });
  await journal.close();
});

test('a log that can not be written is kept in memory, passed on, and told once', async () => {
  const dir = newDir();
  const blocked = join(dir, 'file');
  writeFileSync(blocked, 'in the way');
  const heard: string[] = [];
  const journal = await open(join(blocked, 'events'));
  journal.subscribe(({ text }) => heard.push(text));
  journal.append(event('one'));
  journal.append(event('two'));
  const { events } = await journal.read(0, 100);
  expect(events.map(({ code }) => code)).toEqual(['journal.disk-failed', 'test.event', 'test.event']);
  expect(heard).toEqual(['one', 'two']);
  await journal.close();
});

test('whatever an event is made from, its line is bounded, valid and one line', async () => {
  const dir = newDir();
  const printed: string[] = [];
  const journal = await open(dir, { print: (line) => printed.push(line), withPriority: true });
  const facts = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`f${index}`, 'x'.repeat(5000)]),
  );
  journal.append({ code: 'test.long', level: 'alarm', vm: 'web', text: 'y\n<0>forged '.repeat(5000), facts });
  journal.append({ code: 'not a code', level: 'info', text: 'z' });
  const { events } = await journal.read(0, 10);
  expect(events.map(({ code }) => code)).toEqual(['test.long', 'journal.malformed']);
  expect(JSON.stringify(events[0]).length).toBeLessThan(10_000);
  expect(printed.every((line) => !line.includes('\n'))).toBe(true);
  expect(printed[0]?.startsWith('<2>[test.long] web: y <0>forged')).toBe(true);
  await journal.close();
});

test('a listener hears each event once, until it stops listening', async () => {
  const journal = await open(newDir());
  const heard: number[] = [];
  const stop = journal.subscribe(({ seq }) => heard.push(seq));
  journal.append(event('one'));
  stop();
  journal.append(event('two'));
  expect(heard).toEqual([1]);
  await journal.close();
});
