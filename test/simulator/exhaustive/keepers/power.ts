import { type Host, type World, bootId } from './world.ts';
import { STEP_MS } from '../timing.ts';

/** The machine is off: nothing of it is left but what is on its way to the store, for d. */
export function loseHost(world: World, host: Host): void {
  const { guest, keeper } = host;
  const untilMs = world.nowMs + STEP_MS;
  const running = guest !== null && !guest.paused && !guest.frozen;
  if (running || guest?.hung === true || host.stray) {
    host.lateUntilMs = untilMs;
  }
  const writes = host.pending.filter((pending) => pending.effect.kind === 'write' && !pending.landed);
  const ghosts = writes.map(({ effect }) => ({ host: host.slot, effect, untilMs }));
  world.ghosts = [...world.ghosts, ...ghosts];
  world.mail = world.mail.filter((letter) => letter.to !== host.slot);
  host.formerSeqs = new Map(host.formerSeqs).set(
    bootId(host),
    keeper?.seqIssued ?? host.runFile?.leaseSeqIssued ?? 0,
  );
  Object.assign(host, {
    on: false,
    frozen: false,
    keeper: null,
    runFile: null,
    reports: [],
    todo: [],
    pending: [],
    gate: [],
    petAtMs: null,
    guest: null,
    stray: false,
    stage: 'idle',
    standDown: 0,
    wantsHandOver: false,
    wantsMove: false,
    expects: null,
    emptySinceMs: null,
    ranSinceMs: null,
    bootAtMs: null,
  });
}

/** The watchdog's work; the machine starts again by itself. */
export function resetHost(world: World, host: Host): void {
  loseHost(world, host);
  host.bootAtMs = world.nowMs + STEP_MS;
}
