import type { Scenario } from '../scenario/scenario.ts';
import { criticalLength } from './instants.ts';
import { adminFaults, groupCommand } from './people.ts';
import type { Act, Plan, Weighted } from './plan.ts';

/** A keeper is back after 1.5 s or so: kills closer than this hit nothing, farther apart let it work in between. */
const KEEPER_KILLS_APART_S = [1.2, 6] as const;
const MOST_KEEPER_KILLS = 12;
const FLAPS = [2, 6] as const;

const hostFaults: readonly Weighted[] = [
  [4, (plan, at) => powerLoss(plan, at, plan.host())],
  [2, (plan, at) => plan.add(at, { do: 'reset', host: plan.host() })],
  [4, (plan, at) => onHost(plan, at, 'freeze', 'thaw')],
  [1, (plan, at) => swizzle(plan, at, (host, when) => powerLoss(plan, when, host))],
  [1, (plan, at) => swizzle(plan, at, (host, when) => onHost(plan, when, 'freeze', 'thaw', host))],
  [1, clockRate],
  [
    1,
    (plan, at) =>
      plan.add(at, {
        do: 'clock-step',
        host: plan.host(),
        seconds: plan.random.pick([-86_400, -3, 2, 120, 80_000]),
      }),
  ],
];

const processFaults: readonly Weighted[] = [
  [2, (plan, at) => onHost(plan, at, 'agent-stop', 'agent-start')],
  [2, (plan, at) => onHost(plan, at, 'agent-freeze', 'agent-thaw')],
  [3, (plan, at) => plan.add(at, { do: 'keeper-kill', host: plan.host() })],
  [2, keeperCrashLoop],
  [2, (plan, at) => onHost(plan, at, 'keeper-freeze', 'keeper-thaw')],
  [1, (plan, at) => plan.add(at, { do: 'store-io-kill', host: plan.host() })],
  [2, (plan, at) => onHost(plan, at, 'libvirtd-stop', 'libvirtd-start')],
  [2, (plan, at) => onHost(plan, at, 'libvirtd-hang', 'libvirtd-start')],
  [1, (plan, at) => plan.add(at, { do: 'upgrade-agent', host: plan.host() })],
];

const linkFaults: readonly Weighted[] = [
  [3, oneWay],
  [2, (plan, at) => isolate(plan, at, plan.host())],
  [1, (plan, at) => plan.hosts.forEach((host) => isolate(plan, at, host))],
  [1, flap],
  [
    2,
    (plan, at) =>
      plan.spell(
        at,
        { do: 'link-loss', percent: plan.random.pick([5, 30, 90]) },
        { do: 'link-loss', percent: 0 },
      ),
  ],
  [
    2,
    (plan, at) =>
      plan.spell(
        at,
        { do: 'link-delay', ms: plan.random.pick([50, 900, 9000, 20_000]) },
        { do: 'link-delay', ms: 0 },
      ),
  ],
];

const storeFaults: readonly Weighted[] = [
  [4, (plan, at) => loseStore(plan, at, plan.host())],
  [3, (plan, at) => loseStoreTogether(plan, at)],
  [3, (plan, at) => swizzle(plan, at, (host, when) => loseStore(plan, when, host))],
  [3, slowStore],
  [2, tornWrite],
  [2, tornTable],
  [2, (plan, at) => plan.add(at, { do: 'store-rollback', seconds: plan.random.pick([1, 5, 30, 75, 300]) })],
];

const guestFaults: readonly Weighted[] = [
  [4, (plan, at) => plan.onVm(at, (vm) => ({ do: 'vm-crash', vm }))],
  [1, crashAgain],
  [1, (plan, at) => plan.onVm(at, (vm) => ({ do: 'vm-hang', vm }))],
  [1, (plan, at) => plan.onVm(at, (vm) => ({ do: 'app-fail', vm }))],
  [2, (plan, at) => plan.onVm(at, (vm) => ({ do: 'guest-shutdown', vm }))],
  [1, (plan, at) => plan.onVm(at, (vm) => ({ do: 'guest-reboot', vm, seconds: plan.pick([5, 60]) ?? 5 }))],
];

/** Outside of what is assumed: a world with them must say so, and is not held to I1. */
export const outsideFaults: readonly Weighted[] = [
  [2, (plan, at) => plan.add(at, { do: 'watchdog-fail', host: plan.host() })],
  [1, lyingBmc],
];

/** Kinds of faults, so that a world can be mostly of one kind. */
export const faultKinds: readonly (readonly Weighted[])[] = [
  hostFaults,
  processFaults,
  linkFaults,
  storeFaults,
  guestFaults,
  adminFaults,
];

type HostVerb =
  | 'freeze'
  | 'thaw'
  | `keeper-${'freeze' | 'thaw'}`
  | `agent-${'stop' | 'start' | 'freeze' | 'thaw'}`
  | `libvirtd-${'stop' | 'start' | 'hang'}`;

function onHost(plan: Plan, at: number, wrong: HostVerb, right: HostVerb, host = plan.host()): void {
  plan.spell(at, { do: wrong, host }, { do: right, host });
}

function powerLoss(plan: Plan, at: number, host: string): void {
  plan.spell(at, { do: 'power-off', host }, { do: 'power-on', host });
}

/** Every host, one soon after the other, in any order: what ends, ends in any order, too. */
function swizzle(plan: Plan, at: number, fault: (host: string, at: number) => void): void {
  let when = at;
  for (const host of plan.hosts.toSorted(() => plan.random.next() - 0.5)) {
    fault(host, when);
    when += plan.random.next() * plan.random.pick([0.2, 2, 8]);
  }
}

/** Rates stay within what is assumed: 1000 ppm. */
function clockRate(plan: Plan, at: number): void {
  const host = plan.host();
  const ppm = plan.random.pick([-1000, -300, 300, 1000]);
  plan.spell(at, { do: 'clock-rate', host, ppm }, { do: 'clock-rate', host, ppm: 0 });
}

function keeperCrashLoop(plan: Plan, at: number): void {
  const host = plan.host();
  const [least, most] = KEEPER_KILLS_APART_S;
  const until = at + criticalLength(plan.random, plan.profile);
  let when = at;
  for (let count = 0; count < MOST_KEEPER_KILLS && when < until; count += 1) {
    plan.add(when, { do: 'keeper-kill', host });
    when += least + plan.random.next() * (most - least);
  }
}

function oneWay(plan: Plan, at: number): void {
  const way = plan.direction();
  if (way !== null) plan.spell(at, { do: 'link-cut', ...way }, { do: 'link-heal', ...way });
}

/** Every link of a host, both ways or one: it hears nobody, or nobody hears it. */
function isolate(plan: Plan, at: number, host: string): void {
  const ways = plan.random.pick([['in'], ['out'], ['in', 'out']]);
  const lastsS = criticalLength(plan.random, plan.profile);
  const others = plan.hosts.filter((other) => other !== host && isLinked(plan.links, host, other));
  for (const other of others) {
    for (const way of ways) {
      const [from, to] = way === 'in' ? [other, host] : [host, other];
      plan.spell(at, { do: 'link-cut', from, to }, { do: 'link-heal', from, to }, lastsS);
    }
  }
}

function isLinked(links: Scenario['links'], one: string, other: string): boolean {
  return links.some((pair) => pair.includes(one) && pair.includes(other));
}

function flap(plan: Plan, at: number): void {
  const way = plan.direction();
  let when = at;
  for (let left = plan.random.between(...FLAPS); way !== null && left > 0 && when < plan.healAt; left -= 1) {
    when = plan.spell(when, { do: 'link-cut', ...way }, { do: 'link-heal', ...way }, plan.random.next() * 4);
    when += plan.random.next() * 4;
  }
}

function storeLoss(plan: Plan, host?: string): Act {
  const how = plan.random.pick(['store-cut', 'store-stall', 'store-stall', 'store-readonly'] as const);
  return { do: how, ...(host === undefined ? {} : { host }) };
}

function loseStore(plan: Plan, at: number, host: string): void {
  plan.spell(at, storeLoss(plan, host), { do: 'store-heal', host });
}

/** The NAS reboots; one host may find it again before the others. */
function loseStoreTogether(plan: Plan, at: number): void {
  const until = at + criticalLength(plan.random, plan.profile);
  plan.add(at, storeLoss(plan));
  if (plan.random.chance(0.5)) {
    plan.add(Math.min(until, plan.healAt), { do: 'store-heal' });
    return;
  }
  for (const host of plan.hosts) {
    const healAt = until + plan.random.next() * plan.random.pick([0.5, 3, 15]);
    plan.add(Math.min(healAt, plan.healAt), { do: 'store-heal', host });
  }
}

/** Slow I/O, and then often none at all: the last answers that came were old. */
function slowStore(plan: Plan, at: number): void {
  const host = plan.host();
  const ms = plan.random.pick([200, 900, 2500, 6000]);
  const until = plan.spell(at, { do: 'store-delay', host, ms }, { do: 'store-delay', host, ms: 0 });
  if (plan.random.chance(0.4)) loseStore(plan, until, host);
}

/** The host often dies over it: nobody writes the block again for a while. */
function tornWrite(plan: Plan, at: number): void {
  const host = plan.host();
  plan.add(at, { do: 'store-torn-write', host });
  if (plan.random.chance(0.5)) powerLoss(plan, at + plan.random.next() * 1.5, host);
}

function crashAgain(plan: Plan, at: number): void {
  const vm = plan.vm();
  let when = at;
  for (let count = plan.random.between(2, 5); vm !== null && count > 0; count -= 1) {
    plan.add(when, { do: 'vm-crash', vm });
    when += 0.5 + plan.random.next() * 15;
  }
}

function lyingBmc(plan: Plan, at: number): void {
  const host = plan.pick(plan.bmcs);
  if (host !== null) plan.add(at, { do: 'bmc', host, answer: 'lie' });
}

/** Something of the tables is torn, not the lease that is written each period: a command makes the host write there. */
function tornTable(plan: Plan, at: number): void {
  const host = plan.host();
  if (plan.random.chance(0.5)) plan.add(at, groupCommand(plan, host));
  else plan.onVm(at, (vm) => ({ do: 'admin', command: 'switchover', vm, host }));
  const tearAt = at + plan.random.next() * plan.random.pick([0.04, 0.3, 2]);
  plan.add(tearAt, { do: 'store-torn-write', host });
  if (plan.random.chance(0.3)) powerLoss(plan, tearAt + plan.random.next() * 0.5, host);
}
