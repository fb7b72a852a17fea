import { takeoverTimeMs, stopMarginMs } from '../timing.ts';
import type { evaluateToken } from '../token.ts';
import type { Held, State } from './state.ts';

/** What this host may do at an instant; asked again immediately before each act that can't be taken back (rule 23). */

/** L as it counts: while a longer one is not yet acknowledged on the store, the shorter. */
export function loseAfterMs(s: State): number {
  return Math.min(s.timing.loseAfterMs, s.ackedTiming?.loseAfterMs ?? s.timing.loseAfterMs);
}

/** g, likewise the shorter of promised and acknowledged. */
function graceMs(s: State): number {
  return Math.min(s.timing.tickMs, s.ackedTiming?.tickMs ?? s.timing.tickMs);
}

export function marginMs(s: State): number {
  return stopMarginMs({ ...s.timing, loseAfterMs: loseAfterMs(s) });
}

/** End of the lease: L after the start of the last good renewal; null while there is none. */
export function loseAtMs(s: State): number | null {
  return s.lastGoodMs === null ? null : s.lastGoodMs + loseAfterMs(s);
}

/** Whether the lease holds beyond the margin at an epoch that is not burnt. */
export function leaseValid(s: State, nowMs: number): boolean {
  const endMs = loseAtMs(s);
  const ours = (s.phase === 'alive' || s.phase === 'holding') && s.epoch > s.burntEpoch;
  return ours && endMs !== null && nowMs < endMs - marginMs(s);
}

/** Whether VMs may be started, continued or acquired now. */
export function mayRun(s: State, nowMs: number): boolean {
  return s.phase === 'alive' && leaseValid(s, nowMs);
}

/** When the right to have running or frozen VMs ends: by the lease, by a hold, or as it was when it lapsed. */
export function rightEndsMs(s: State): number | null {
  if (s.phase === 'stopping' || s.phase === 'condemned') {
    return s.lapse?.endMs ?? null;
  }
  const leaseMs = s.phase === 'alive' || s.phase === 'holding' ? loseAtMs(s) : null;
  const holdMs = s.phase === 'holding' ? s.holdUntilMs : null;
  return leaseMs === null ? holdMs : Math.max(leaseMs, holdMs ?? 0);
}

/** Until when the watchdog may be petted without a confirmed "dead and drained" (rule 10). */
export function petUntilMs(s: State): number | null {
  const endMs = s.phase === 'condemned' ? null : rightEndsMs(s);
  return endMs === null ? null : endMs + graceMs(s);
}

export function burntGeneration(s: State, token: number): number {
  return s.burntGenerations.get(token) ?? 0;
}

/** The token, if this host was granted it at its present epoch and nothing has burnt it (rule 7). */
export function mine(s: State, token: number): Held | null {
  const held = s.held.get(token);
  if (held === undefined || held.claim || s.epoch <= s.burntEpoch) {
    return null;
  }
  return held.generation > burntGeneration(s, token) ? held : null;
}

/**
 * Whether processes of a VM count as protected here: its token was held under some generation, or is claimed. A token
 * that has not been read may have been; one that was never decided for this VM (generation 0) leaves it alone.
 */
export function guarded(s: State, vm: string): boolean {
  for (const held of s.held.values()) {
    if (held.vm === vm) {
      return true;
    }
  }
  const entry = s.config?.vms.find((candidate) => candidate.vm === vm);
  if (entry === undefined) {
    return false;
  }
  const read = s.tokens.get(entry.token);
  return read === undefined || read.decided?.value.vm === vm;
}

/** Only while the own reads have not worked for a while may "I cannot reach the store" be said (rule 18). */
const UNREACHABLE_PERIODS = 2.5;

/**
 * Also of a store that can be read and not written, by half of L without a renewal: what makes the answer safe is the
 * evidence that is thrown away with it, and a host that can't write takes nothing over.
 */
export function cannotReachStore(s: State, nowMs: number): boolean {
  const readMs = s.store.lastReadMs ?? s.startedMs;
  const cannotRead = nowMs - readMs > UNREACHABLE_PERIODS * s.timing.renewEveryMs;
  const renews = s.phase === 'alive' || s.phase === 'holding';
  return cannotRead || (renews && s.lastGoodMs !== null && nowMs - s.lastGoodMs > loseAfterMs(s) / 2);
}

const LOST_PERIODS = 2;

/** Renewals fail or do not come back: time to ask the others. */
export function storeLost(s: State, nowMs: number): boolean {
  const quietMs = nowMs - (s.lastGoodMs ?? s.startedMs);
  return s.store.lostSinceMs !== null || quietMs > LOST_PERIODS * s.timing.renewEveryMs;
}

/** Whoever may count T for this host: the configured ones, and all that its lease records may still name. */
export function otherSlots(s: State): readonly number[] {
  const slots = new Set([...(s.config?.hosts.map((host) => host.slot) ?? []), ...s.promisedSlots]);
  slots.delete(s.self.slot);
  return [...slots];
}

/** T of this host's own promise: how long nobody acquires after the store went back in time (rule 15). */
export function ownTakeoverMs(s: State): number {
  return takeoverTimeMs(s.timing) * (s.watchdog.state === 'software' ? 2 : 1);
}

/** Rule 21: an agent absent for longer than this can't restart its VMs; the other side may. In ms. */
export const AGENT_ABSENCE_MS = 30_000;

export function agentAbsent(s: State, nowMs: number): boolean {
  return s.agentAbsentSinceMs !== null && nowMs - s.agentAbsentSinceMs > AGENT_ABSENCE_MS;
}

export function tokenContext(s: State, token: number): Parameters<typeof evaluateToken>[1] {
  const settled = s.phase === 'alive' || s.phase === 'holding';
  return {
    ownSlot: s.self.slot,
    ownEpoch: settled && s.epoch > s.burntEpoch ? s.epoch : null,
    burntGeneration: burntGeneration(s, token),
    dead: (slot) => s.watch.peers[slot] ?? { provenEpoch: 0, timeEpoch: 0 },
  };
}
