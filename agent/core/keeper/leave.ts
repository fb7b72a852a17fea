import { finishLeave, renew } from './cycle.ts';
import { quiet } from './scan.ts';
import type { Turn } from './state.ts';
import { enter, failed, refuse, save, tell } from './turn.ts';

/** Leaving the group on purpose: for an uninstallation, and for the shutdown of the host. */

/** How long leaving waits for scans to show that nothing protected runs, in ms. */
const LEAVE_PATIENCE_MS = 15_000;

export function leaving(): ReturnType<typeof failed> {
  return failed('keeper.leaving', 'This host is leaving the group.');
}

/** Leaving for good: nothing protected may run, and the gate is closed before that is looked at (rule 11). */
export function beginLeave(turn: Turn, id: number): void {
  const { s, nowMs } = turn;
  if (s.leave !== null) {
    refuse(turn, id, leaving());
    return;
  }
  s.leave = { requestId: id, sinceMs: nowMs, closed: false };
}

export function continueLeave(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.leave === null || s.leave.closed) {
    return;
  }
  const waitedMs = nowMs - s.leave.sinceMs;
  if (s.phase === 'left') {
    // Nothing protected is left here: the watchdog may go even if the store can't be told.
    if (waitedMs > s.timing.loseAfterMs + LEAVE_PATIENCE_MS) {
      finishLeave(turn);
    }
  } else if (quiet(s, nowMs, s.leave.sinceMs) && s.phase !== 'holding') {
    depart(turn);
  } else if (waitedMs > LEAVE_PATIENCE_MS) {
    const message = 'A protected VM still runs, or is starting, on this host.';
    refuse(
      turn,
      s.leave.requestId,
      failed('keeper.not-empty', message, undefined, 'Move or stop its VMs first.'),
    );
    s.leave = null;
  }
}

function depart(turn: Turn): void {
  const { s } = turn;
  const neverJoined = s.epoch === 0;
  s.burntEpoch = s.epoch;
  s.drainedEpoch = s.epoch;
  s.held = new Map();
  enter(turn, 'left');
  save(turn);
  tell(turn, 'keeper.leaving', { epoch: s.epoch });
  if (neverJoined) {
    finishLeave(turn);
  } else {
    renew(turn);
  }
}
