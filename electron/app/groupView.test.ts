import { expect, test } from 'vitest';
import type { Status } from '../../agent/protocol/control.ts';
import { alone, degraded, hostSnapshot, powerLoss, snapshot, status } from '../../test/renderer/samples.ts';
import { groupView } from './groupView.ts';

const vmNamed = (view: ReturnType<typeof groupView>, name: string) => view.vms.find((vm) => vm.name === name);
const lost = {
  kind: 'lost',
  forMs: 30_000,
  failure: { code: 'ssh.unreachable', message: 'No answer.' },
} as const;
const words = (view: ReturnType<typeof groupView>) => view.verdict.sentence.replaceAll('\u00a0', ' ');

test('a healthy group is protected and says who takes what', () => {
  const view = groupView(snapshot());
  expect(view.verdict.word).toBe('protected');
  expect(view.whatIf.map(({ host }) => host)).toEqual(['alpha', 'beta']);
  expect(vmNamed(view, 'mail')?.place).toMatchObject({ kind: 'running', host: 'beta' });
});

test('a group without VMs says how to get some; a demo group that has just begun gets them by itself', () => {
  const hosts = [0, 1].map((slot) => {
    const said = status(slot);
    const group = said.group && { ...said.group, generation: 1, vms: [] };
    return hostSnapshot(slot, { ...said, group, vms: [] });
  });
  const of = (kind: 'demo' | 'installed') => groupView({ ...snapshot(), kind, hosts }).verdict;
  expect(of('installed')).toMatchObject({
    word: 'not-protected',
    suggestion: expect.stringContaining('page VMs'),
  });
  expect(of('demo')).toMatchObject({ word: 'working', suggestion: null });
});

test('silence of all hosts is not known, whatever they said last', () => {
  const hosts = [0, 1].map((slot) => hostSnapshot(slot, status(slot), { ageMs: 30_000, console: lost }));
  const view = groupView({ ...snapshot(), hosts });
  expect(view.verdict.word).toBe('not-known');
  expect(view.hosts.map(({ state }) => state)).toEqual(['not-known', 'not-known']);
  expect(vmNamed(view, 'web-shop')?.place).toEqual({ kind: 'not-known', lastOn: 'alpha' });
});

test('a host that only the app has lost is up, because another host says so', () => {
  const hosts = [hostSnapshot(0, status(0), { ageMs: 30_000, console: lost }), hostSnapshot(1, status(1))];
  const view = groupView({ ...snapshot(), hosts });
  expect(view.hosts[0]?.state).toBe('alive');
  expect(vmNamed(view, 'web-shop')?.place).toEqual({ kind: 'held', host: 'alpha' });
  expect(view.verdict.word).toBe('protected');
});

test('a look at the store that came too early for the next sign of a host is no takeover', () => {
  const seenBy = (lease: 'fresh' | 'stale') => {
    const beta = status(1);
    const late = { state: 'late' as const, lease, takeableInMs: 9_000 };
    const hosts = beta.hosts.map((host) => (host.slot === 0 ? { ...host, ...late } : host));
    const snapshots = [hostSnapshot(0, null), hostSnapshot(1, { ...beta, hosts })];
    return vmNamed(groupView({ ...snapshot(), hosts: snapshots }), 'web-shop')?.place.kind;
  };
  expect(seenBy('fresh')).toBe('held');
  expect(seenBy('stale')).toBe('waiting');
});

test('after a power loss the time to the takeover counts on with the age of the report', () => {
  const view = groupView(powerLoss(7_000));
  expect(view.hosts[0]?.state).toBe('silent');
  expect(words(view)).toBe('alpha is silent. beta may take over web-shop and files in about 5 s.');
  expect(vmNamed(view, 'web-shop')?.place).toMatchObject({ kind: 'waiting', takeoverInMs: 5_000 - 240 });
});

test('while a running guest moves, what is done is told by the host that it leaves, which can stop it', () => {
  const from = snapshot();
  const doing = (slot: number) =>
    slot === 0
      ? { kind: 'switchover' as const, step: 'receive', sinceMs: 0, to: null }
      : { kind: 'switchover' as const, step: 'migrate', sinceMs: 0, to: 0, mayStop: true };
  const hosts = from.hosts.map((host, slot) => ({
    ...host,
    status: host.status && {
      ...host.status,
      vms: host.status.vms.map((vm) => (vm.name === 'mail' ? { ...vm, activity: doing(slot) } : vm)),
    },
  }));
  expect(vmNamed(groupView({ ...from, hosts }), 'mail')?.activity).toMatchObject({
    on: 'beta',
    to: 'alpha',
    step: 'Moving the running guest',
    mayStop: true,
    isLive: true,
    progress: null,
  });
});

test('the most urgent thing comes first: unprotected before degraded', () => {
  const mixed = snapshot({ vm: (vm) => ({ ...vm, readiness: vm.name === 'mail' ? alone : degraded }) });
  const { verdict } = groupView(mixed);
  expect(verdict.word).toBe('not-protected');
  expect(verdict.sentence).toContain('mail');
  expect(verdict.suggestion).toContain('Bring alpha back');
});

test('two hosts that both run a VM outrank everything else', () => {
  const both = snapshot({ vm: (vm) => ({ ...vm, here: 'running' }) });
  expect(groupView(both).verdict.sentence).toBe('alpha and beta both say that they run web-shop.');
});

test('a disarmed group is paused, and says for how long failures are not handled', () => {
  const disarm = (report: Status): Status => ({
    ...report,
    pauses: [{ slot: null, endsInMs: 1_200_000 + report.self.slot * 500, untilWallMs: null }],
    group: report.group === null ? null : { ...report.group, disarmed: true },
  });
  const hosts = [0, 1].map((slot) => hostSnapshot(slot, disarm(status(slot))));
  expect(groupView({ ...snapshot(), hosts }).verdict).toMatchObject({
    word: 'paused',
    sentence: 'Protection is paused for the whole group for another 20\u00a0min. Failures are not handled.',
  });
});

test('the word of the holder counts, and a standby that lags behind it is a risk that is named', () => {
  const behind = status(0, {
    vm: (vm) => ({ ...vm, generation: 2, holder: 0, here: 'stopped', readiness: alone }),
  });
  const view = groupView({ ...snapshot(), hosts: [hostSnapshot(0, behind), hostSnapshot(1, status(1))] });
  expect(vmNamed(view, 'mail')).toMatchObject({ reportedBy: 'beta', word: 'at-risk', generation: 3 });
  expect(vmNamed(view, 'mail')?.readiness.reasons.map(({ code }) => code)).toEqual(['ready.standby-behind']);
});

test('each path is listed once, with both of its directions', () => {
  const { links } = groupView(snapshot({ hosts: 3, links: 2 }));
  expect(links.map(({ key }) => key)).toEqual(['0-1/0', '0-1/1', '0-2/0', '0-2/1', '1-2/0', '1-2/1']);
  expect(links.every(({ ends }) => ends.length === 2)).toBe(true);
});

test('VMs that only a host in maintenance could take over are paused, not unprotected, and the group says why', () => {
  const resting = {
    level: 'unprotected' as const,
    reasons: [
      {
        code: 'ready.standby-in-maintenance',
        weight: 'unprotected' as const,
        message: 'beta is in maintenance: it takes nothing over.',
      },
    ],
  };
  const view = groupView(snapshot({ readiness: resting }));
  expect(view.vms.map(({ word }) => word)).toEqual(['paused', 'paused', 'paused']);
  expect(view.verdict).toMatchObject({
    word: 'paused',
    sentence:
      'beta is in maintenance: it takes nothing over. All 3 VMs would stay stopped if their host failed now.',
  });
});
