import type { KeeperView } from '../../protocol/keeperLink.ts';
import { deadBecause, deadUpToEpoch, takeableAtMs } from '../observer.ts';
import { evaluateToken } from '../token.ts';
import { withGivenUp } from './claims.ts';
import { promisedWatchdog } from './cycle.ts';
import { cannotReachStore, loseAtMs, mine, tokenContext } from './rights.ts';
import { waitsForOthers } from './settle.ts';
import type { State, Turn } from './state.ts';

/** Ages alone are not worth a line more often than this, in ms. */
const VIEW_EVERY_MS = 1000;
const MAX_QEMUS = 256;

export function sendView(turn: Turn): void {
  const { s, nowMs } = turn;
  if (!s.viewDirty && s.lastViewMs !== null && nowMs - s.lastViewMs < VIEW_EVERY_MS) {
    return;
  }
  s.viewDirty = false;
  s.lastViewMs = nowMs;
  turn.effects.push({ kind: 'send', line: { kind: 'view', view: makeView(s, nowMs) } });
}

export function makeView(s: State, nowMs: number): KeeperView {
  return {
    nowMs,
    keeperVersion: s.self.version,
    slot: s.self.slot,
    epoch: s.epoch,
    phase: s.phase,
    phaseBecause: s.because,
    lastGoodMs: s.lastGoodMs,
    loseAtMs: loseAtMs(s),
    timing: s.timing,
    watchdog: promisedWatchdog(s),
    watchdogTimeoutMs: s.watchdog.timeoutMs,
    realTime: s.self.realTime,
    store: storeView(s, nowMs),
    config: s.config,
    peers: peersView(s),
    tokens: tokensView(s),
    qemus: (s.scan?.processes ?? [])
      .slice(0, MAX_QEMUS)
      .map(({ vm, pid, stopped }) => ({ vm, pid, frozen: stopped })),
    pendingStarts: [...s.pendingStarts.keys()],
  };
}

function storeView(s: State, nowMs: number): KeeperView['store'] {
  const times = new Float64Array(s.store.renewTimes).sort();
  return {
    reachable: !cannotReachStore(s, nowMs) && s.store.lostSinceMs === null && s.header.failure === null,
    lastReadMs: s.store.lastReadMs,
    lastWriteMs: s.store.lastWriteMs,
    renewP50Ms: times[Math.floor(times.length / 2)] ?? null,
    renewMaxMs: times.at(-1) ?? null,
    error: s.store.error,
    regressed: s.regressedUntilMs !== null,
  };
}

function peersView(s: State): KeeperView['peers'] {
  const configured = new Set(s.config?.hosts.map((host) => host.slot) ?? []);
  return s.watch.peers
    .filter((peer) => peer.slot !== s.self.slot && configured.has(peer.slot))
    .map((peer) => ({
      slot: peer.slot,
      lease: peer.lease,
      unreadable: peer.unreadable,
      unchangedSinceMs: peer.baseMs,
      takeableAtMs: takeableAtMs(peer, s.self.slot),
      deadUpToEpoch: deadUpToEpoch(peer),
      deadBecause: deadBecause(peer),
    }));
}

function tokensView(s: State): KeeperView['tokens'] {
  return (s.config?.vms ?? []).map(({ token }) => {
    const held = mine(s, token);
    const known = s.tokens.get(token);
    const read = known === undefined ? undefined : withGivenUp(s, known);
    if (held !== null) {
      const value = { vm: held.vm, holder: s.self.slot, holderEpoch: s.epoch, target: null };
      const note = held.note ?? read?.note ?? null;
      const unreadable = (read?.unreadableSlot ?? null) !== null;
      const standing = { mine: true, free: false, freeBecause: null, unreadable };
      // Held since before this keeper was started: what the store says of it is not known yet.
      const unread = note === null && read === undefined ? { unread: true as const } : {};
      return { token, generation: held.generation, value, note, ...standing, ...unread };
    }
    const unknown = {
      token,
      generation: 0,
      value: null,
      note: null,
      mine: false,
      free: false,
      freeBecause: null,
    };
    if (read === undefined) {
      return { ...unknown, unreadable: false };
    }
    const standing = evaluateToken(read, tokenContext(s, token));
    // Decided for this host by an acquisition that did not come to its end: asking again finishes it.
    const because =
      standing.kind === 'free' ? standing.because : standing.kind === 'mine' ? 'own-claim' : null;
    return {
      token,
      generation: read.decided?.generation ?? 0,
      value: read.decided?.value ?? null,
      note: read.note,
      mine: false,
      free: because !== null && read.unreadableSlot === null && !waitsForOthers(s),
      freeBecause: because,
      unreadable: read.unreadableSlot !== null,
    };
  });
}
