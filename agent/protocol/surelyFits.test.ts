import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { Heartbeat } from './heartbeat.ts';
import { HostLease, TokenBlock } from './store.ts';
import { surelyFits } from './surelyFits.ts';

const uuid = '00000000-0000-4000-8000-000000000001';
const lease: HostLease = {
  areaId: uuid,
  slot: 1,
  hostName: 'alpha',
  hardwareId: 'a'.repeat(64),
  bootId: uuid,
  epoch: 3,
  seq: 70,
  state: 'alive',
  timing: { renewEveryMs: 1000, loseAfterMs: 8000, tickMs: 1000, watchdogMs: 10_000, landWithinMs: 2000 },
  watchdog: 'armed',
  softwareWatchdogAccepted: false,
  configGeneration: 2,
  configSlots: [0, 1],
  tokensHint: 4,
  configHint: 0,
  stampMs: 1234.5,
};
const value = { vm: uuid, holder: 1, holderEpoch: 3, target: null };
const token: TokenBlock = {
  areaId: uuid,
  slot: 1,
  token: 5,
  writeSeq: 9,
  paxos: { instance: 2, mbal: 8, bal: 8, inp: { ...value, target: { slot: 0, epoch: 2 } } },
  decided: { generation: 2, value },
  note: {
    generation: 2,
    desired: 'running',
    released: false,
    releasedTo: null,
    notTakeable: false,
    reason: null,
    restarts: 0,
    failedOn: [0],
    definition: 'b'.repeat(64),
  },
};
const beat: Heartbeat = {
  groupId: uuid,
  from: 1,
  hostName: 'alpha',
  link: 0,
  session: '0123456789abcdef',
  echoSession: null,
  sentMs: 12.5,
  echoSentMs: 11,
  echoHeldMs: null,
  epoch: 3,
  phase: 'alive',
  agentVersion: '0.1.0',
  configGeneration: 2,
  storeReachable: true,
  keeper: [{ kind: 'drained', epoch: 2, hardwareId: 'a'.repeat(64) }],
};
const samples: readonly (readonly [string, z.ZodMiniType<unknown>, object])[] = [
  ['a lease', HostLease, lease],
  ['a token block', TokenBlock, token],
  ['a heartbeat', Heartbeat, beat],
];

/** All places of a value: the keys that lead there. */
function placesIn(part: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof part !== 'object' || part === null) return [path];
  return [path, ...Object.entries(part).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

/** A copy with something else at one place; `undefined` takes it away. */
function changedAt(part: unknown, path: readonly string[], other: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return other;
  const copy = structuredClone(part) as Record<string, unknown>;
  copy[key] = changedAt(copy[key], rest, other);
  return JSON.parse(JSON.stringify(copy));
}

const numbers = [-1, 0, 1, 7, 8, 63, 64, 99, 100, 2 ** 53 - 1, 2 ** 53, 1e300, 0.5];
const texts = ['', 'alive', 'a'.repeat(64), 'a'.repeat(65), 'A'.repeat(64)];
const edges = [...numbers, ...texts, null, true, [], [8], Array(9).fill(0), {}, undefined];

describe.each(samples)('%s', (_, schema, sample) => {
  test('surely fits as it is written', () => {
    expect(surelyFits(schema, JSON.parse(JSON.stringify(sample)))).toBe(true);
  });

  test('with anything else anywhere it fits only if the schema makes the same of it', () => {
    const place = fc.constantFrom(...placesIn(sample));
    const other = fc.oneof(fc.constantFrom(...edges), fc.jsonValue());
    fc.assert(
      fc.property(place, other, (path, instead) => {
        const json = changedAt(sample, path, instead);
        if (!surelyFits(schema, json)) return;
        expect(z.safeParse(schema, json)).toEqual({ success: true, data: json });
      }),
      { numRuns: 3000 },
    );
  });

  test('with a field more, or one less, it does not fit', () => {
    expect(surelyFits(schema, { ...sample, more: 1 })).toBe(false);
    expect(surelyFits(schema, JSON.parse(JSON.stringify(sample).replace('{', '{"__proto__":1,')))).toBe(
      false,
    );
    for (const key of Object.keys(sample)) {
      const less = Object.fromEntries(Object.entries(sample).filter(([name]) => name !== key));
      expect(surelyFits(schema, less)).toBe(false);
    }
  });
});

test('a field that may be absent counts only when it is there', () => {
  const schema = z.strictObject({ a: z.number(), b: z.optional(z.string()) });
  expect(surelyFits(schema, { a: 1 })).toBe(true);
  expect(surelyFits(schema, { a: 1, b: 'x' })).toBe(true);
  expect(surelyFits(schema, { a: 1, b: null })).toBe(false);
  expect(surelyFits(schema, { a: 1, c: 1 })).toBe(false);
  expect(surelyFits(schema, { b: 'x' })).toBe(false);
});

test('what is not known is left to the schema', () => {
  expect(surelyFits(z.object({ a: z.number() }), { a: 1 })).toBe(false);
  expect(surelyFits(z.strictObject({ a: z.record(z.string(), z.number()) }), { a: {} })).toBe(false);
  expect(surelyFits(z.string().check(z.regex(/a/g)), 'a')).toBe(false);
  expect(surelyFits(z.pipe(z.string(), z.transform(Number)), '1')).toBe(false);
});
