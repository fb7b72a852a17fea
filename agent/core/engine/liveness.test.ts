import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';
import type { FakeHost } from './testing/fakeHost.ts';

const VM = uuidOf(1);
/** Operations that a run makes fail, or never answer, for a while. */
const OPERATIONS = [
  'acquire',
  'release',
  'beginStart',
  'createPaused',
  'resume',
  'destroy',
  'publish',
  'fetch',
  'place',
];
/** T, the longest step deadline with its way back, and the longest pause after giving up, with room. */
const SETTLE_MS = 1_200_000;

const action = fc.record({
  host: fc.integer({ min: 0, max: 2 }),
  what: fc.oneof(
    fc.constantFrom('power', 'agent', 'crash', 'hypervisor', 'switchover', 'edit', 'keeper'),
    fc.record({ operation: fc.constantFrom(...OPERATIONS), fault: fc.constantFrom('refused', 'never') }),
  ),
  thenMs: fc.integer({ min: 100, max: 20_000 }),
});

type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

function act(group: FakeGroup, { host: slot, what }: Action): void {
  const host = group.hosts[slot];
  if (!host) return;
  if (typeof what === 'object') {
    host.broken.set(what.operation, what.fault);
    return;
  }
  if (what === 'power') {
    if (host.isUp) host.powerOff();
    else host.powerOn();
  } else if (host.isUp) disturb(group, host, what);
}

function disturb(group: FakeGroup, host: FakeHost, what: string): void {
  if (what === 'agent') host.restartAgent();
  else if (what === 'crash' && host.qemus.has(VM)) host.change(VM, 'stopped', 'failed');
  else if (what === 'hypervisor') {
    host.hasHypervisor = !host.hasHypervisor;
    host.tellHypervisor();
  } else if (what === 'switchover') host.command(group.nowMs, { kind: 'switchover', vm: 'web1', to: null });
  else if (what === 'edit') group.edit(VM);
  else if (what === 'keeper') host.hasKeeper = !host.hasKeeper;
}

function heal(group: FakeGroup): void {
  for (const host of group.hosts) {
    host.broken.clear();
    host.hasKeeper = true;
    if (!host.isUp) host.powerOn();
    host.hasHypervisor = true;
    host.tellHypervisor();
  }
}

/** Until the VM runs and nothing is under way, or the time is up; then a while longer, so that nothing comes after. */
function settle(group: FakeGroup): void {
  const isAtRest = (): boolean =>
    group.hosts.some((host) => host.domains.get(VM)?.state === 'running') &&
    group.hosts.every((host) => host.engine.vms.get(VM)?.activity === null);
  for (const endMs = group.nowMs + SETTLE_MS; group.nowMs < endMs && !isAtRest(); ) group.run(1000);
  group.run(40_000);
}

/** What is wrong with the end of a story, with the story; null when all is well. */
function problemOf(group: FakeGroup): string | null {
  const runners = group.hosts.filter((host) => host.qemus.has(VM));
  const [runner] = runners;
  if (runners.length !== 1 || !runner) return `it runs on ${runners.length} hosts:${group.report()}`;
  if (runner.domains.get(VM)?.state !== 'running') return `it is there and does not run:${group.report()}`;
  return runner.pending.size === 0 ? null : `its start is still pending:${group.report()}`;
}

test('whatever happened, once all is well again the VM runs, on exactly one host (I4)', () => {
  const story = fc.property(
    fc.integer({ min: 2, max: 3 }),
    fc.array(action, { minLength: 1, maxLength: 12 }),
    (hosts, actions) => {
      const group = new FakeGroup(hosts, [{}]).settle('h1');
      for (const one of actions) {
        act(group, one);
        group.run(one.thenMs);
        expect(group.runningOn(1).length).toBeLessThanOrEqual(1);
      }
      heal(group);
      settle(group);
      expect(problemOf(group)).toBeNull();
    },
  );
  fc.assert(story, { numRuns: 100 });
});
