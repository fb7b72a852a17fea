import { PROFILES } from '../../../agent/core/timing.ts';
import type { Scenario, ScenarioVm } from '../scenario/scenario.ts';
import { Random } from '../world/random.ts';
import { faultKinds, outsideFaults } from './faults.ts';
import { criticalLength, takeoverS } from './instants.ts';
import { Plan, toMillis, type Weighted } from './plan.ts';
import { addTrouble } from './trouble.ts';

export interface GenerateOptions {
  /** Hosts of each world; null: 2, 3 or 4 by the seed. */
  readonly hosts: number | null;
  /** Minutes of faults; null: 1 to 3 by the seed. */
  readonly minutes: number | null;
}

/** The world itself draws from other streams of the same seed. */
const STREAM = 1000;
const TROUBLE_STREAM = 1001;
const HOST_NAMES = ['a', 'b', 'c', 'd'] as const;
/** The group is running and every lease renewed for some seconds before the first fault. */
const FIRST_FAULT_S = 4;
const FAULT_PHASE_S = [30, 100] as const;
const MOST_BURSTS = 24;
/** Boot of a host that was switched on with the heal, the join of its keeper, and its VMs' order. */
const HOST_BOOT_S = 40;
/** The constant of T_live, docs/safety.md I4. */
const LIVE_SLACK_S = 10;
const OUTSIDE_SHARE = 0.02;
/** Worlds that end in the middle of things: the wait for everything to run again takes longer than all the faults. */
const UNHEALED_SHARE = 0.5;
const AFTERMATH_S = 5;

/** A world full of faults, all of it from the seed: a scenario like any other, which can be written out and shrunk. */
export function generate(seed: number, options: GenerateOptions): Scenario {
  const random = new Random(seed, STREAM);
  const ground = makeGround(seed, random, options);
  const [shortest, longest] = FAULT_PHASE_S;
  const faultsS = options.minutes === null ? random.between(shortest, longest) : options.minutes * 60;
  const healAt = FIRST_FAULT_S + faultsS;
  const plan = new Plan(random, ground, healAt);
  invent(plan, faultsS);
  const vms = addTrouble(plan, new Random(seed, TROUBLE_STREAM));
  if (random.chance(UNHEALED_SHARE)) {
    return { ...ground, vms, steps: plan.inOrder(), until: toMillis(healAt + AFTERMATH_S) };
  }
  heal(plan, ground.watchdog);
  const startsS = ground.vms.reduce((sum, vm) => sum + vm.bootTime, 0);
  const liveS = 2 * takeoverS(ground.profile) + startsS + LIVE_SLACK_S + HOST_BOOT_S;
  return { ...ground, vms, steps: plan.inOrder(), until: toMillis(healAt + liveS) };
}

function makeGround(
  seed: number,
  random: Random,
  options: GenerateOptions,
): Omit<Scenario, 'steps' | 'until'> {
  const hosts = HOST_NAMES.slice(0, options.hosts ?? random.pick([2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4]));
  const profile = random.pick([
    'swift',
    'swift',
    'swift',
    'swift',
    'steady',
    'steady',
    'steady',
    'patient',
  ] as const);
  const cables = random.pick([1, 1, 2]);
  const pairs = hosts.flatMap((host, index) => hosts.slice(index + 1).map((other) => [host, other] as const));
  return {
    name: `campaign seed ${seed}`,
    hosts,
    links: pairs.flatMap((pair) => Array.from({ length: cables }, () => pair)),
    profile,
    watchdog: random.chance(0.92),
    bmc: Object.fromEntries(
      hosts
        .filter(() => random.chance(0.15))
        .map((host) => [host, random.pick(['off', 'off', 'none'] as const)]),
    ),
    vms: Array.from({ length: random.pick([1, 1, 2, 2, 3, 4]) }, (_, index) => makeVm(random, hosts, index)),
    expect: [],
  };
}

function makeVm(random: Random, hosts: readonly string[], index: number): ScenarioVm {
  return {
    name: `v${index + 1}`,
    host: hosts[random.between(0, hosts.length - 1)] ?? '',
    bootTime: random.pick([1, 4, 10, 20]),
    policy: { maxRestarts: random.pick([0, 1, 1, 3]), order: random.pick([0, 0, 1, 2]) },
    drain: random.pick(['threads-stopped', 'exit-waits']),
  };
}

/** Bursts of faults; what comes next comes at an interesting distance from what came before. */
function invent(plan: Plan, faultsS: number): void {
  const { random } = plan;
  const kinds = random.chance(0.5) ? faultKinds : faultKinds.filter(() => random.chance(0.45));
  const faults = [...kinds.flat(), ...(random.chance(OUTSIDE_SHARE) ? outsideFaults : [])];
  if (faults.length === 0) return;
  let at = FIRST_FAULT_S + random.next() * PROFILES[plan.profile].loseAfterMs * 0.002;
  for (let burst = 0; burst < MOST_BURSTS && at < FIRST_FAULT_S + faultsS; burst += 1) {
    for (let left = random.pick([1, 1, 2, 3]); left > 0; left -= 1) {
      choose(random, faults)(plan, at + (random.chance(0.5) ? 0 : random.next() * 2));
    }
    at += 0.1 + criticalLength(random, plan.profile) * random.pick([0.5, 1, 1]);
  }
}

function choose(random: Random, faults: readonly Weighted[]): Weighted[1] {
  const total = faults.reduce((sum, [weight]) => sum + weight, 0);
  let left = random.next() * total;
  for (const [weight, fault] of faults) {
    left -= weight;
    if (left < 0) return fault;
  }
  return () => undefined;
}

/** A core of the world is well again: all of it, or all but a host that stays off, where that can be survived. */
function heal(plan: Plan, watchdog: boolean): void {
  const { random, healAt, hosts } = plan;
  const staysOff = watchdog && random.chance(0.2) ? plan.host() : null;
  plan.add(healAt, { do: 'store-heal' });
  plan.add(healAt, { do: 'store-delay', ms: 0 });
  for (const [one, other] of plan.links) {
    plan.add(healAt, { do: 'link-heal', from: one, to: other });
    plan.add(healAt, { do: 'link-heal', from: other, to: one });
  }
  plan.add(healAt, { do: 'link-loss', percent: 0 });
  plan.add(healAt, { do: 'link-delay', ms: 0 });
  plan.add(healAt, { do: 'admin', command: 'arm' });
  for (const host of hosts) {
    plan.add(healAt, { do: 'admin', command: 'maintenance-off', host });
    plan.add(healAt, { do: 'clock-rate', host, ppm: 0 });
    if (host === staysOff) {
      plan.add(healAt, { do: 'power-off', host });
      continue;
    }
    plan.add(healAt, { do: 'power-on', host });
    plan.add(healAt, { do: 'thaw', host });
    for (const right of ['keeper-thaw', 'agent-start', 'agent-thaw', 'libvirtd-start'] as const)
      plan.add(healAt, { do: right, host });
  }
}
