import { expect, test } from 'vitest';
import type { SignKind, SignLevel } from '../../protocol/hostSigns.ts';
import { readiness } from './readiness.ts';
import { BETTER_AFTER_MS, signStatuses, WORSE_AFTER_MS } from './signs.ts';
import { engineStatus } from './status.ts';
import { FakeGroup } from './testing/fakeGroup.ts';

const LOOK_MS = 60_000;

/** A host whose hardware is looked at once a minute. */
class Watched {
  readonly group = new FakeGroup(2, [{}]).settle('h1');

  look(forMs: number, level: SignLevel | null, sign: SignKind = 'temperature'): this {
    for (let passedMs = 0; passedMs < forMs; passedMs += LOOK_MS) {
      const readings = level === null ? [] : [{ sign, level, evidence: `looks ${level}` }];
      this.group.host('h1').feed({ kind: 'signs', nowMs: this.group.nowMs, readings });
      this.group.run(LOOK_MS);
    }
    return this;
  }

  level(sign: SignKind = 'temperature'): SignLevel | undefined {
    const { engine } = this.group.host('h1');
    return signStatuses(engine, this.group.nowMs).find((one) => one.sign === sign)?.level;
  }

  told(): readonly string[] {
    return this.group.events.map(({ event }) => `${event.code} ${event.level}`);
  }

  reasons(): readonly string[] {
    const [vm] = this.group.config.vms;
    if (vm === undefined) throw new Error('no VM');
    return readiness(this.group.host('h1').engine, vm, this.group.nowMs).reasons.map(({ code }) => code);
  }
}

test('a bad sign counts when three looks agree, is told once, and is over after half an hour', () => {
  const host = new Watched().look(LOOK_MS, 'fine').look(WORSE_AFTER_MS, 'failing');
  expect([host.level(), host.told()]).toEqual(['fine', []]);
  host.look(LOOK_MS, 'failing');
  expect(host.level()).toBe('failing');
  expect(host.reasons()).toEqual(['ready.host-failing']);
  host.look(10 * LOOK_MS, 'failing').look(BETTER_AFTER_MS, 'fine');
  expect(host.level()).toBe('failing');
  host.look(LOOK_MS, 'fine');
  expect(host.level()).toBe('fine');
  expect(host.told()).toEqual(['host.too-hot alarm', 'host.sign-over notice']);
  expect(host.reasons()).toEqual([]);
});

test('a sign that comes and goes is neither bad at once nor over at once', () => {
  const host = new Watched();
  for (let turn = 0; turn < 10; turn += 1) host.look(WORSE_AFTER_MS, 'worrying').look(LOOK_MS, 'fine');
  expect([host.level(), host.told()]).toEqual(['fine', []]);
  host.look(4 * LOOK_MS, 'worrying');
  for (let turn = 0; turn < 10; turn += 1) host.look(10 * LOOK_MS, 'fine').look(LOOK_MS, 'worrying');
  expect([host.level(), host.told()]).toEqual(['worrying', ['host.too-hot warning']]);
});

test('it gets worse and better by steps', () => {
  const host = new Watched().look(4 * LOOK_MS, 'worrying').look(4 * LOOK_MS, 'failing');
  expect(host.told()).toEqual(['host.too-hot warning', 'host.too-hot alarm']);
  host.look(BETTER_AFTER_MS + LOOK_MS, 'worrying');
  expect(host.level()).toBe('worrying');
});

test('a sign that swings between worrying and failing counts as worrying at least', () => {
  const host = new Watched();
  for (let turn = 0; turn < 4; turn += 1) host.look(LOOK_MS, 'failing').look(LOOK_MS, 'worrying');
  expect(host.level()).toBe('worrying');
});

test('what can not be read any more, or is not looked at, is not known', () => {
  const host = new Watched().look(4 * LOOK_MS, 'failing').look(LOOK_MS, null);
  expect(host.level()).toBeUndefined();
  const silent = new Watched().look(4 * LOOK_MS, 'failing');
  silent.group.run(660_000);
  expect(silent.level()).toBeUndefined();
  expect(silent.reasons()).toEqual([]);
});

test('the store is judged by its slowest renewal, and is no reason against the host', () => {
  const host = new Watched();
  host.look(LOOK_MS, 'fine');
  const status = (): unknown => engineStatus(host.group.host('h1').engine, host.group.nowMs).self.signs;
  expect(status()).toContainEqual({
    sign: 'store',
    level: 'fine',
    evidence: 'the slowest of the last renewals took 0.0 s of 4 s',
  });
  host.look(4 * LOOK_MS, 'failing', 'memory-pressure');
  expect(host.told()).toEqual(['host.memory-short alarm']);
  expect(host.reasons()).toEqual([]);
});
