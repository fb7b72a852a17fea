import type { Failure } from '../../protocol/failure.ts';
import { leaseValid, loseAtMs, marginMs, petUntilMs, rightEndsMs } from './rights.ts';
import { answeredHoldMs, enterHold } from './hold.ts';
import { failOperations } from './operations.ts';
import { beginStop, quiet, vmsToStop } from './scan.ts';
import type { Turn } from './state.ts';
import { enter, failed, save, tell } from './turn.ts';

/** Losing the right to run (rule 17): final before anything is done about it (rule 7), then kill, confirm, tell. */

/** First thing in every step: has the right ended since the last one? */
export function checkRights(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.phase !== 'alive' && s.phase !== 'holding') {
    return;
  }
  const holdMs = answeredHoldMs(s, nowMs);
  if (s.phase === 'holding' && holdMs !== null && holdMs > (s.holdUntilMs ?? 0)) {
    s.holdUntilMs = holdMs;
    save(turn);
  }
  if (s.phase === 'holding' && !leaseValid(s, nowMs)) {
    s.thawChecks = null;
  }
  const endMs = rightEndsMs(s);
  if (endMs !== null && nowMs < endMs - marginMs(s)) {
    return;
  }
  if (s.phase === 'alive' && holdMs !== null && nowMs < holdMs - marginMs(s)) {
    enterHold(turn, holdMs);
    return;
  }
  lapse(turn, endMs ?? nowMs);
}

/** The epoch is over. From here only dead and drained, or the watchdog, ends it. */
export function lapse(turn: Turn, endMs: number): void {
  const { s, nowMs } = turn;
  s.burntEpoch = s.epoch;
  s.lapse = { atMs: nowMs, endMs };
  s.holdUntilMs = null;
  s.thawChecks = null;
  const vms = vmsToStop(s);
  enter(
    turn,
    'stopping',
    failed('keeper.lease-lost', 'The lease on the store could not be renewed in time.'),
  );
  save(turn);
  turn.effects.push({ kind: 'gate', open: [] });
  s.gate = [];
  tell(turn, 'keeper.lapsed', { epoch: s.epoch, vms: vms.length, lastGoodMs: s.lastGoodMs });
  failOperations(
    turn,
    failed('keeper.lease-lost', 'The lease on the store was lost while this was being done.'),
  );
  for (const vm of vms) {
    beginStop(turn, vm, Math.max(endMs, nowMs + marginMs(s)));
  }
}

/** With every scan while stopping or condemned. */
export function confirmStopped(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.lapse === null || s.scan === null || (s.phase !== 'stopping' && s.phase !== 'condemned')) {
    return;
  }
  if (s.scan.startedAtMs > s.lapse.atMs) {
    // The gate is closed: a start that no scan sees now is refused by the hook, or never was.
    s.pendingStarts = new Map();
    for (const vm of vmsToStop(s)) {
      const seen = s.scan.hookStarts.includes(vm) || s.scan.processes.some((process) => process.vm === vm);
      if (seen) {
        beginStop(turn, vm, nowMs);
      }
    }
  }
  if (quiet(s, nowMs, s.lapse.atMs)) {
    becomeDrained(turn);
    return;
  }
  if (s.phase === 'stopping' && nowMs >= (petUntilMs(s) ?? 0)) {
    condemn(turn);
  }
}

/** Only a reset proves from here on that nothing of this host is written any more. */
function condemn(turn: Turn): void {
  const { s } = turn;
  const watched = s.watchdog.state !== 'none';
  const because = failed(
    'keeper.not-drained',
    'Not every protected VM could be proven dead with all its writes done.',
    watched
      ? 'The watchdog is no longer petted; it will reset this host.'
      : 'This host has no watchdog that would reset it.',
    watched ? 'If the host is not reset within a minute, reboot it.' : 'Reboot the host.',
  );
  enter(turn, 'condemned', because);
  const left = new Set([...s.presence.keys(), ...s.stops.keys()]).size;
  tell(turn, 'keeper.condemned', {
    epoch: s.epoch,
    left,
    after: watched ? 'The watchdog will reset this host' : 'It has no watchdog: reboot it',
  });
}

function becomeDrained(turn: Turn): void {
  const { s } = turn;
  s.drainedEpoch = s.epoch;
  s.held = new Map();
  s.lapse = null;
  s.presence = new Map();
  s.incoming = new Map();
  s.lastGoodMs = null;
  s.nextChallengeMs = turn.nowMs;
  enter(turn, s.passiveBecause === null ? 'drained' : 'passive', s.passiveBecause ?? s.because);
  save(turn);
  tell(turn, 'keeper.drained', { epoch: s.epoch });
}

/** This host does nothing on the store any more; what runs by its right is stopped first. */
export function becomePassive(turn: Turn, because: Failure): void {
  const { s, nowMs } = turn;
  if (s.passiveBecause !== null) {
    return;
  }
  s.passiveBecause = because;
  tell(turn, 'keeper.passive', { because: because.code });
  if (s.phase === 'alive' || s.phase === 'holding') {
    lapse(turn, Math.max(nowMs, loseAtMs(s) ?? nowMs));
  } else if (s.phase !== 'stopping' && s.phase !== 'condemned' && s.phase !== 'left') {
    enter(turn, 'passive', because);
  }
}
