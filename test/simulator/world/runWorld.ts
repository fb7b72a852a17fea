import type { Scenario } from '../scenario/scenario.ts';
import { Administrator } from './administrator.ts';
import { readinessOf } from './readiness.ts';
import type { HostResult, VmResult, WorldResult, WorldWatcher } from './result.ts';
import { Rest } from './rest.ts';
import { perform } from './verbs.ts';
import { World } from './world.ts';

const MS = 1000;
/** Events of one world that may happen without simulated time passing; more is a circle. */
const MAX_EVENTS_AT_ONCE = 200_000;

/**
 * Runs a scenario from second 0 to `until`. The same scenario and seed give the same run, bit for bit: there is no
 * clock, no chance and no concurrency in it but its own. Ends early when a step of the core throws.
 * @param restS - ends it as well when everything has been well for so long after the last step; null: goes on.
 */
export function runWorld(
  scenario: Scenario,
  seed: number,
  watcher: WorldWatcher = {},
  restS: number | null = null,
): WorldResult {
  const world = new World(scenario, seed, watcher);
  const administrator = new Administrator(world);
  const { queue } = world;
  for (const step of scenario.steps) queue.at(step.at * MS, () => perform(world, administrator, step));
  for (const expectation of scenario.expect) {
    if (!('vm' in expectation) || expectation.readiness === undefined) continue;
    const vm = world.vms.find((one) => one.name === expectation.vm);
    const at = (expectation.at ?? scenario.until) * MS;
    if (vm !== undefined) queue.at(at, () => world.service.noteReadiness(vm, readinessOf(vm, world.sites)));
  }
  queue.at(0, () => {
    const where = world.vms.map((vm) => `${vm.name} on ${world.service.host(vm)}`).join(', ');
    world.tell(null, `${scenario.hosts.join(', ')} are up; ${where === '' ? 'there is no VM' : where}.`);
  });
  const lastStepMs = (scenario.steps.at(-1)?.at ?? 0) * MS;
  const rest = restS === null ? null : new Rest(world, lastStepMs, restS * MS);
  runUntil(world, scenario.until * MS, rest);
  world.judge.checkSaid(true);
  return resultOf(world);
}

function runUntil(world: World, untilMs: number, rest: Rest | null): void {
  const { queue } = world;
  let lastMs = queue.nowMs;
  let count = 0;
  const isStuck = (): boolean => {
    count = queue.nowMs === lastMs ? count + 1 : 0;
    lastMs = queue.nowMs;
    return count > MAX_EVENTS_AT_ONCE;
  };
  try {
    queue.runUntil(untilMs, () => isStuck() || rest?.isOver() === true);
    if (isStuck())
      world.judge.violation('error', 'circle', 'time stands still: the world goes round in a circle');
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    world.judge.violation('error', 'thrown', `a step threw: ${what}`);
  }
}

function resultOf(world: World): WorldResult {
  const vms: Record<string, VmResult> = {};
  for (const vm of world.vms) vms[vm.name] = world.service.result(vm);
  const hosts: Record<string, HostResult> = {};
  for (const { host, resetsAtMs } of world.sites) {
    const resetsAt = resetsAtMs.map((atMs) => Math.round(atMs) / MS);
    hosts[host.name] = { resets: resetsAt.length, resetsAt };
  }
  return {
    violations: world.judge.violations,
    vms,
    hosts,
    failovers: world.failovers,
    endedAt: Math.round(world.queue.nowMs) / MS,
  };
}
