import type { GroupConfig } from '../../protocol/group.ts';
import { deadUpToEpoch, restartEvidence } from '../observer.ts';
import { type TokenRead, readToken } from '../token.ts';
import { contender } from './claims.ts';
import { becomePassive } from './lapse.ts';
import { namesHost } from './membership.ts';
import { tokenKey } from './operations.ts';
import { burntGeneration, marginMs } from './rights.ts';
import { noteRegression } from './regression.ts';
import { beginStop, drainOf } from './scan.ts';
import { noteConfirmed } from './settle.ts';
import { type ConfigRead, type Held, type State, type Turn, withEntry, without } from './state.ts';
import { queueAllTokens, queueTokens, readConfigs } from './sweep.ts';
import { failed, save, tell } from './turn.ts';

/** What a table read teaches: the picture for the agent, and whether what this host holds is still its own. */

export function learnToken(turn: Turn, data: Uint8Array, token: number, startedMs: number): TokenRead {
  const { s, nowMs } = turn;
  const read = readToken(data, s.self.areaId, token, s.self.slot);
  if (startedMs < (s.tokenReadMs.get(token) ?? 0)) {
    // Begun before a read that is already known had ended: it can only know less.
    return read;
  }
  const before = s.tokens.get(token);
  s.tokens = withEntry(s.tokens, token, read);
  s.tokenReadMs = withEntry(s.tokenReadMs, token, nowMs);
  s.viewDirty ||= before === undefined || fingerprint(before) !== fingerprint(read);
  s.namedEpoch = Math.max(s.namedEpoch, read.namedEpochs.get(s.self.slot) ?? 0);
  noticeRollback(turn, read, startedMs);
  const held = s.held.get(token);
  if (held !== undefined && startedMs > held.sinceMs) {
    judgeHeld(turn, held, read, startedMs);
  } else if (held === undefined) {
    oweAgain(turn, read);
  }
  return read;
}

/** Less than was acknowledged to this host, or than it has read before: the store went back in time (rule 15). */
function noticeRollback(turn: Turn, read: TokenRead, startedMs: number): void {
  const { s } = turn;
  const { token } = read;
  const mark = s.tokenMarks.get(token);
  const own = read.pairs[s.self.slot];
  const ownSeq = own?.kind === 'record' ? own.value.writeSeq : 0;
  if (mark !== undefined && startedMs > mark.atMs && own?.kind !== 'unreadable' && ownSeq < mark.seq) {
    noteRegression(turn, `the own block of token ${token} went back`);
  }
  const generation = read.decided?.generation ?? 0;
  // A record that was read before this read began tells of a decision that stood on the store then.
  const isLater = startedMs > (s.store.lastReadMs ?? Number.POSITIVE_INFINITY);
  const isTold = isLater && s.regressedUntilMs === null && contender(s, token, generation) !== null;
  if (isTold && read.unreadableSlot === null) {
    noteRegression(turn, `token ${token} is held by another host, and the store does not show it`);
  }
  const seen = s.decidedSeen.get(token) ?? 0;
  if (generation < seen && read.unreadableSlot === null) {
    noteRegression(turn, `token ${token} went back`);
  }
  if (generation !== seen && (generation > seen || read.unreadableSlot === null)) {
    s.decidedSeen = withEntry(s.decidedSeen, token, generation);
    save(turn);
  }
}

/** Given up for ever, and the store went back to before the release: it is owed once more, or the VM were nobody's. */
function oweAgain(turn: Turn, { token, decided, note, unreadableSlot }: TokenRead): void {
  const { s, nowMs } = turn;
  const { holder, holderEpoch, vm } = decided?.value ?? { holder: null, holderEpoch: 0, vm: '' };
  const isOurs = holder === s.self.slot && holderEpoch === s.epoch && s.epoch > s.burntEpoch;
  const generation = decided?.generation ?? 0;
  const isBurnt = generation > 0 && generation <= burntGeneration(s, token);
  if (
    isOurs &&
    isBurnt &&
    unreadableSlot === null &&
    note?.released !== true &&
    !s.operations.has(tokenKey(token))
  ) {
    const owed = { token, vm, generation, drain: drainOf(s, vm), claim: false, note, sinceMs: nowMs };
    s.held = withEntry(s.held, token, { ...owed, releasing: true });
    save(turn);
  }
}

function fingerprint(read: TokenRead): string {
  return JSON.stringify([read.decided, read.note, read.unreadableSlot]);
}

function judgeHeld(turn: Turn, held: Held, read: TokenRead, startedMs: number): void {
  const { s } = turn;
  const decided = read.decided?.generation ?? 0;
  const value = read.decided?.value;
  const isOurs = value?.holder === s.self.slot && value.holderEpoch === s.epoch && value.vm === held.vm;
  if (held.claim) {
    // Decided for somebody else, or at least no longer open: the claim can't become a right any more.
    if (decided > held.generation || (decided === held.generation && !isOurs)) {
      s.held = without(s.held, held.token);
      save(turn);
    }
    return;
  }
  if (decided > held.generation || (decided === held.generation && !isOurs)) {
    if (held.generation <= burntGeneration(s, held.token)) {
      // Given up before, and taken by its word in the lease record.
      s.held = without(s.held, held.token);
      save(turn);
      return;
    }
    loseToken(turn, held, read);
    return;
  }
  if (decided < held.generation) {
    if (read.unreadableSlot === null && !s.reassert.has(held.token)) {
      noteRegression(turn, `token ${held.token} went back`);
    }
    return;
  }
  noteConfirmed(s, held.token, startedMs);
  if (held.note === null && read.note !== null) {
    s.held = withEntry(s.held, held.token, { ...held, note: read.note });
  }
  if (s.thawChecks?.get(held.token) === false && startedMs >= s.thawReadsAfterMs) {
    s.thawChecks = withEntry(s.thawChecks, held.token, true);
  }
}

/** Rule 22: another host holds a higher generation. This one is the lower: it is burnt, and the VM here is killed. */
function loseToken(turn: Turn, held: Held, read: TokenRead): void {
  const { s, nowMs } = turn;
  s.burntGenerations = withEntry(s.burntGenerations, held.token, held.generation);
  s.held = without(s.held, held.token);
  s.reassert = new Set([...s.reassert].filter((token) => token !== held.token));
  s.pendingStarts = without(s.pendingStarts, held.token);
  if (s.thawChecks !== null) {
    s.thawChecks = without(s.thawChecks, held.token);
  }
  s.viewDirty = true;
  save(turn);
  s.gate = null;
  tell(turn, 'token.double-holder', {
    vm: held.vm,
    ownGeneration: held.generation,
    generation: read.decided?.generation ?? 0,
    holder: read.decided?.value.holder ?? null,
  });
  const running = s.scan === null || s.scan.processes.some((process) => process.vm === held.vm);
  if (running) {
    beginStop(turn, held.vm, nowMs + marginMs(s));
  }
}

export function learnConfigs(turn: Turn, data: Uint8Array, startedMs: number): ConfigRead {
  const { s } = turn;
  const read = readConfigs(data, s.self.areaId);
  s.configRead = read;
  const own = read.pairs[s.self.slot];
  const ownSeq = own?.kind === 'record' ? own.value.writeSeq : 0;
  if (s.configMark.seq > ownSeq && startedMs > s.configMark.atMs && own?.kind !== 'unreadable') {
    noteRegression(turn, 'the own configuration block went back');
  }
  const generation = read.decided?.generation ?? 0;
  const known = s.config?.generation ?? 0;
  if (s.behindSinceMs !== null && startedMs >= s.behindSinceMs && read.unreadableSlot === null) {
    s.behindSinceMs = null;
  }
  if (generation < known && startedMs > s.configSinceMs && read.unreadableSlot === null) {
    noteRegression(turn, 'the configuration went back');
    // It has just been read; the chore that writes it down again reads it for itself.
    s.configReadWanted = false;
  }
  if (read.decided !== null && generation > known) {
    adoptConfig(turn, read.decided);
  }
  return read;
}

/** A decided configuration comes into force here: kept on disk, promised in the lease, evidence for T started again. */
export function adoptConfig(turn: Turn, config: GroupConfig): void {
  const { s } = turn;
  if (config.groupId !== s.self.groupId || config.areaId !== s.self.areaId) {
    return;
  }
  s.config = config;
  s.configSinceMs = turn.nowMs;
  s.configRead = s.configRead === null ? null : { ...s.configRead, decided: config };
  s.watch = restartEvidence(s.watch);
  turn.effects.push({ kind: 'saveConfig', config });
  tell(turn, 'config.adopted', { generation: config.generation });
  const unread = config.vms.map((entry) => entry.token).filter((token) => !s.tokens.has(token));
  queueTokens(s, unread);
  queueAllTokens(s);
  s.viewDirty = true;
  if (!namesHost(config, s.self.slot, s.self.hardwareId)) {
    becomePassive(turn, notInGroup());
  }
}

export function notInGroup(): ReturnType<typeof failed> {
  const message = 'The configuration of the group does not name this host at its slot.';
  return failed('keeper.not-in-group', message, undefined, 'Add the host to the group again.');
}

/**
 * Tokens whose VM left the configuration, once every host knows that: nobody will take them for it any more. A host that was
 * taken out of the group is not asked: it is kept from it by the own record, which tells of the new configuration (`isBehind`).
 */
export function droppedTokens(s: State): readonly Held[] {
  const { config } = s;
  const others = config?.hosts.filter((host) => host.slot !== s.self.slot) ?? [];
  if (config === null || (s.own.lease?.configGeneration ?? 0) < config.generation) {
    return [];
  }
  if (!others.every(({ slot }) => knowsConfig(s, slot, config.generation))) {
    return [];
  }
  return [...s.held.values()].filter(
    (held) =>
      !held.claim &&
      held.generation > burntGeneration(s, held.token) &&
      !config.vms.some((entry) => entry.vm === held.vm && entry.token === held.token),
  );
}

/** Acknowledged in its lease; or it is dead, or never was there: then it reads the configuration before it joins. */
function knowsConfig(s: State, slot: number, generation: number): boolean {
  const peer = s.watch.peers[slot];
  const lease = peer?.lease ?? null;
  if (peer === undefined || (lease === null && peer.unreadable === null && peer.raw !== null)) {
    return true;
  }
  return lease !== null && (lease.configGeneration >= generation || deadUpToEpoch(peer) >= lease.epoch);
}
