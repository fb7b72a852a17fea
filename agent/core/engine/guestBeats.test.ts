import { describe, expect, test } from 'vitest';
import type { VmHealth } from '../../protocol/health.ts';
import { engineStatus } from './status.ts';
import { FakeGroup } from './testing/fakeGroup.ts';

const HEALTH: VmHealth = {
  fast: { probe: 'heartbeat', everyMs: 2000, timeoutMs: 1000, failures: 2 },
  minUptimeMs: 5000,
  rebootGraceMs: 120_000,
  quietMs: 10_000,
  appRestarts: 0,
  resets: 5,
};
const POLICY = { maxRestarts: 1, windowMs: 600_000, order: 100, shutdownTimeoutMs: 10_000 };

function beating(): { readonly group: FakeGroup; readonly guests: FakeGroup['hosts'][number]['guests'] } {
  const group = new FakeGroup(2, [{ policy: { ...POLICY, health: HEALTH } }]).settle('h1');
  const { guests } = group.host('h1');
  group.run(10_000);
  return { group, guests };
}
const wasReset = (group: FakeGroup): boolean => group.host('h1').asked.includes('reset');
const vmOf = (group: FakeGroup) => engineStatus(group.host('h1').engine, group.nowMs).vms[0];

describe('a guest that is watched by its heartbeat', () => {
  test('is reset when it stops beating and its disks and network stand still', () => {
    const { group, guests } = beating();
    expect(vmOf(group)?.health?.state).toBe('well');
    guests.isBusy = true;
    guests.answers.set('heartbeat', 'silent');
    group.run(60_000);
    expect(wasReset(group)).toBe(false);
    guests.isBusy = false;
    group.run(20_000);
    expect(wasReset(group)).toBe(true);
  });

  test('that says itself that its application has failed needs no second opinion', () => {
    const { group, guests } = beating();
    guests.isBusy = true;
    guests.answers.set('heartbeat', 'failed');
    group.run(8000);
    expect(group.report()).toContain(
      'The application of web1 has failed on h1 (heartbeat: heartbeat is failed',
    );
    expect(wasReset(group)).toBe(true);
  });

  test('and was never heard is never reset', () => {
    const group = new FakeGroup(2, [{ policy: { ...POLICY, health: HEALTH } }]);
    group.host('h1').guests.answers.set('heartbeat', 'silent');
    group.settle('h1').run(600_000);
    expect(wasReset(group)).toBe(false);
    expect(vmOf(group)?.health).toMatchObject({ state: 'doubtful' });
  });

  test('may say that it is away; its silence counts afterwards', () => {
    const { group, guests } = beating();
    guests.saysAwayMs = 60_000;
    group.run(4000);
    guests.answers.set('heartbeat', 'silent');
    group.run(50_000);
    expect(wasReset(group)).toBe(false);
    expect(vmOf(group)?.health).toMatchObject({
      state: 'waiting',
      because: 'the guest said that it is away',
    });
    group.run(30_000);
    expect(wasReset(group)).toBe(true);
  });

  test('is away no longer than its policy allows for updates, whatever it says', () => {
    const { group, guests } = beating();
    guests.saysAwayMs = 86_400_000;
    group.run(4000);
    guests.answers.set('heartbeat', 'silent');
    group.run(HEALTH.rebootGraceMs - 10_000);
    expect(wasReset(group)).toBe(false);
    group.run(30_000);
    expect(wasReset(group)).toBe(true);
  });

  test('that is back counts again at once', () => {
    const { group, guests } = beating();
    guests.saysAwayMs = 100_000;
    group.run(4000);
    guests.saysAwayMs = 0;
    group.run(4000);
    guests.answers.set('heartbeat', 'silent');
    group.run(30_000);
    expect(wasReset(group)).toBe(true);
  });

  test('without a channel for it is named among the reasons, with what to add', () => {
    const group = new FakeGroup(2, [{ policy: { ...POLICY, health: HEALTH } }]);
    group.description = { ...group.description, hasHeartbeat: false };
    group.settle('h1').run(5000);
    const [reason] = vmOf(group)?.readiness.reasons ?? [];
    expect(reason).toMatchObject({ code: 'ready.heartbeat-channel-missing', weight: 'degraded' });
    expect(reason?.fix).toContain("<target type='virtio' name='org.understudy.heartbeat.0'/>");
  });
});
