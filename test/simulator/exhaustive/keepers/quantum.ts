import { PROFILES, takeoverTimeMs } from '../../../../agent/core/timing.ts';
import { STEP_MS } from '../timing.ts';
import { resetHost } from './power.ts';
import { type Cut, launchKeeper, runHost } from './round.ts';
import { type Host, type World, canWrite, checkWriters, clock, copy } from './world.ts';

/** One step of time: what is due happens, then every host has its turn, in the order of the slots. */
export function passTime(before: World, cut: Cut | null): World {
  const world = copy(before);
  world.nowMs += STEP_MS;
  for (const host of world.hosts) {
    watchdog(world, host);
  }
  world.ghosts = world.ghosts.filter((ghost) => ghost.untilMs >= world.nowMs);
  world.points = world.hosts.map((host) => {
    boot(world, host);
    return turn(world, host, cut);
  });
  checkWriters(world);
  checkLiveness(world);
  return world;
}

function watchdog(world: World, host: Host): void {
  const { watchdogMs: promisedMs } = PROFILES.swift;
  const watchdogMs = world.wrong === 'watchdog-fires-late' ? 5 * promisedMs : promisedMs;
  if (!host.on || host.petAtMs === null || world.nowMs < host.petAtMs + watchdogMs) {
    return;
  }
  const forSteps = (sinceMs: number | null) => sinceMs !== null && world.nowMs - sinceMs > 2 * watchdogMs;
  const phase = host.keeper?.phase;
  if (forSteps(host.ranSinceMs) && forSteps(host.emptySinceMs)) {
    world.violation ??= `I3: host ${host.slot} was reset with nothing protected on it`;
  } else if (forSteps(host.ranSinceMs) && (phase === 'alive' || phase === 'holding')) {
    world.violation ??= `I3: host ${host.slot} was reset although its VM could have gone on`;
  }
  resetHost(world, host);
}

function boot(world: World, host: Host): void {
  if (host.on || host.bootAtMs === null || world.nowMs < host.bootAtMs) {
    return;
  }
  host.on = true;
  host.boot += 1;
  host.bootAtMs = null;
  host.bootedAtMs = world.nowMs;
  launchKeeper(world, host);
}

function turn(world: World, host: Host, cut: Cut | null): number {
  if (!host.on || host.frozen) {
    host.ranSinceMs = null;
    return 0;
  }
  host.standDown = Math.max(0, host.standDown - 1);
  if (host.stage === 'resting') {
    host.stage = 'idle';
  }
  if (host.keeper !== null) {
    const nowMs = clock(world, host);
    const late = host.pending.filter(
      (one) => one.run === host.run && !one.toldLate && one.effect.deadlineMs <= nowMs,
    );
    // Whatever a read that is given up brings, nobody asks for it any more.
    host.pending = host.pending
      .filter((one) => !late.includes(one) || one.effect.kind === 'write')
      .map((one) => (late.includes(one) ? { ...one, toldLate: true } : one));
    host.todo = [
      ...host.todo,
      ...receive(world, host),
      ...late.map(({ effect }) => ({ kind: 'io', id: effect.id, outcome: { kind: 'late' } }) as const),
      { kind: 'tick' },
    ];
  }
  const points = runHost(world, host, cut);
  const empty = !canWrite(world, host) && host.guest === null;
  host.emptySinceMs = empty ? (host.emptySinceMs ?? world.nowMs) : null;
  host.ranSinceMs = host.keeper !== null && !host.frozen ? (host.ranSinceMs ?? world.nowMs) : null;
  return points;
}

function receive(world: World, host: Host): Host['todo'] {
  const here = world.mail.filter(
    (letter) => letter.to === host.slot && !world.cut.has(`${letter.from}>${letter.to}`),
  );
  world.mail = world.mail.filter((letter) => !here.includes(letter));
  return here.map(({ from, message }) => ({ kind: 'mail', from, message }));
}

/** With everything well for this long the VM runs (I4); in steps beyond 2 T, for boots, joining and stopping. */
const LIVE_SLACK_STEPS = 16;

function checkLiveness(world: World): void {
  const well = world.hosts.every((host) => host.on && !host.frozen && !host.stalled && host.keeper !== null);
  const clear = world.cut.size === 0 && world.hosts.every((host) => host.pending.length === 0);
  const runs = world.hosts.some(({ guest }) => guest !== null && !guest.paused && !guest.frozen);
  world.waitedMs = well && clear && !runs ? world.waitedMs + STEP_MS : 0;
  if (world.waitedMs > 2 * takeoverTimeMs(PROFILES.swift) + LIVE_SLACK_STEPS * STEP_MS) {
    world.violation ??= 'I4: everything is well, and the VM does not run';
  }
}
