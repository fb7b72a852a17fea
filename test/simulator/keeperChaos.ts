import { takeoverTimeMs } from '../../agent/core/timing.ts';
import type { ProfileName } from '../../agent/protocol/timing.ts';
import type { SimHost } from './keeperHost.ts';
import type { Reach } from './keeperStore.ts';
import { KeeperWorld, vmId } from './keeperWorld.ts';

export interface ChaosResult {
  readonly violations: readonly string[];
  /** VMs that run nowhere although everything has been well for long enough (I4). */
  readonly stuck: readonly string[];
  readonly story: readonly string[];
}

const BEGIN_MS = 60_000;
const END_MS = 260_000;
/** Time for a boot, T twice, and the starts. */
const SETTLE_SLACK_MS = 60_000;

/** A run full of faults, all of them from the seed; afterwards everything is healed and has to come back. */
export function runChaos(seed: number, change?: (world: KeeperWorld) => void): ChaosResult {
  const world = new KeeperWorld({
    seed,
    hosts: 2 + (seed % 2),
    vms: 2,
    profile: (['swift', 'steady', 'patient'] as const)[seed % 3] ?? 'steady',
    drain: (seed >> 2) % 2 === 0 ? 'threads-stopped' : 'exit-waits',
    watchdogs: true,
  });
  change?.(world);
  world.run(BEGIN_MS);
  while (world.queue.nowMs < END_MS) {
    disturb(world);
    world.run(world.queue.nowMs + world.random.between(100, 20_000));
  }
  heal(world);
  const longestMs = Math.max(
    ...world.hosts.map((host) => takeoverTimeMs(host.state?.timing ?? world.timing)),
  );
  world.run(world.queue.nowMs + 2 * longestMs + SETTLE_SLACK_MS);
  const vms = world.config.vms.map((_, index) => vmId(index));
  return {
    violations: world.violations,
    stuck: vms.filter((vm) => world.runsOn(vm) === null),
    story: world.story,
  };
}

function heal(world: KeeperWorld): void {
  world.note('heal everything');
  world.cuts.clear();
  world.messageDelayMs = 30;
  world.store.tearNext = null;
  for (const host of world.hosts) {
    world.store.delayMs[host.slot] = 0;
    world.store.answerDelayMs[host.slot] = 0;
    world.store.setReach(host.slot, 'ok');
    host.thaw();
    if (!host.up) {
      host.powerOn();
    }
  }
}

type Fault = (world: KeeperWorld, host: SimHost) => void;

const faults: readonly (readonly [weight: number, fault: Fault])[] = [
  [2, (world, host) => powerOff(world, host)],
  [1, (_, host) => host.up && host.reset('chaos')],
  [3, (world, host) => freeze(world, host)],
  [3, (world, host) => note(world, `keeper ${host.slot} killed`, () => host.killKeeper())],
  [4, (world, host) => loseStore(world, [host.slot])],
  [
    2,
    (world) =>
      loseStore(
        world,
        world.hosts.map((one) => one.slot),
      ),
  ],
  [2, (world, host) => cutNetwork(world, host)],
  [2, (world, host) => note(world, `tear ${host.slot}`, () => tear(world, host))],
  [2, (world, host) => slowStore(world, host)],
  [2, (world, host) => crashGuest(world, host)],
  [1, (world, host) => changeProfile(world, host)],
  [2, (world, host) => slowAnswers(world, host)],
  [2, (world, host) => crashLoop(world, host, world.queue.nowMs + duration(world))],
  [2, (world) => slowMessages(world)],
];

function disturb(world: KeeperWorld): void {
  const total = faults.reduce((sum, [weight]) => sum + weight, 0);
  let left = world.random.between(1, total);
  const host = world.random.pick(world.hosts);
  for (const [weight, fault] of faults) {
    left -= weight;
    if (left <= 0) {
      fault(world, host);
      return;
    }
  }
}

function note(world: KeeperWorld, text: string, act: () => void): void {
  world.note(`FAULT ${text}`);
  act();
}

/** Short, around L, or long. */
function duration(world: KeeperWorld): number {
  return world.random.pick([300, 1500, 4000, 9000, 25_000, 60_000]) * (0.5 + world.random.next());
}

function powerOff(world: KeeperWorld, host: SimHost): void {
  note(world, `power off ${host.slot}`, () => host.powerOff());
  world.queue.after(duration(world), () => host.powerOn());
}

function freeze(world: KeeperWorld, host: SimHost): void {
  note(world, `freeze ${host.slot}`, () => host.freeze());
  world.queue.after(duration(world), () => note(world, `thaw ${host.slot}`, () => host.thaw()));
}

function loseStore(world: KeeperWorld, slots: readonly number[]): void {
  const reach: Reach = world.random.pick(['cut', 'stall', 'stall', 'readonly']);
  const lastsMs = duration(world);
  for (const slot of slots) {
    note(world, `store ${reach} ${slot}`, () => world.store.setReach(slot, reach));
    world.queue.after(lastsMs + world.random.between(0, 3000), () => {
      note(world, `store ok ${slot}`, () => world.store.setReach(slot, 'ok'));
    });
  }
}

function cutNetwork(world: KeeperWorld, host: SimHost): void {
  const to = world.random.pick(world.hosts).slot;
  note(world, `cut ${host.slot}>${to}`, () => world.cuts.add(`${host.slot}>${to}`));
  world.queue.after(duration(world), () => world.cuts.delete(`${host.slot}>${to}`));
}

function tear(world: KeeperWorld, host: SimHost): void {
  world.store.tearNext = host.slot;
  if (world.random.chance(0.5)) {
    world.queue.after(world.random.between(0, 1200), () => host.up && host.reset('chaos after a torn write'));
  }
}

function slowStore(world: KeeperWorld, host: SimHost): void {
  note(world, `slow store ${host.slot}`, () => {
    world.store.delayMs[host.slot] = world.random.pick([200, 900, 2500, 6000]);
  });
  world.queue.after(duration(world), () => {
    world.store.delayMs[host.slot] = 0;
  });
}

/** Writes land as ever, but the host hears of it late; and then, often, nothing gets through any more. */
function slowAnswers(world: KeeperWorld, host: SimHost): void {
  note(world, `slow answers ${host.slot}`, () => {
    world.store.answerDelayMs[host.slot] = world.random.pick([800, 3000, 7000]);
  });
  world.queue.after(duration(world), () => {
    world.store.answerDelayMs[host.slot] = 0;
    if (world.random.chance(0.6) && world.queue.nowMs < END_MS) {
      loseStore(world, [host.slot]);
    }
  });
}

function crashLoop(world: KeeperWorld, host: SimHost, untilMs: number): void {
  if (world.queue.nowMs < Math.min(untilMs, END_MS)) {
    note(world, `keeper ${host.slot} killed again`, () => host.killKeeper());
    world.queue.after(world.random.between(1600, 5000), () => crashLoop(world, host, untilMs));
  }
}

function slowMessages(world: KeeperWorld): void {
  note(world, 'slow messages', () => {
    world.messageDelayMs = world.random.pick([2000, 9000, 20_000]);
  });
  world.queue.after(duration(world), () => {
    world.messageDelayMs = 30;
  });
}

function crashGuest(world: KeeperWorld, host: SimHost): void {
  for (const guest of world.guests.on(host.slot)) {
    note(world, `crash ${guest.vm.at(-1)} on ${host.slot}`, () => world.guests.kill(guest));
  }
}

function changeProfile(world: KeeperWorld, host: SimHost): void {
  const config = host.state?.config;
  if (!host.up || host.frozen || config === null || config === undefined) {
    return;
  }
  const profile: ProfileName = world.random.pick(['swift', 'steady', 'patient']);
  note(world, `profile ${profile} by ${host.slot}`, () => {
    host.ask(
      { kind: 'proposeConfig', config: { ...config, profile, generation: config.generation + 1 } },
      (line) => {
        world.note(`profile: ${line.kind === 'refused' ? line.failure.code : 'decided'}`);
      },
    );
  });
}
