import type { TokenRead } from '../token.ts';
import { failOperation, keepOperation } from './operations.ts';
import { writeBlock } from './ownBlock.ts';
import { droppedTokens } from './learn.ts';
import { agentAbsent, burntGeneration, leaseValid, mine, storeLost } from './rights.ts';
import { quietVm } from './scan.ts';
import { type Held, type State, type TokenOperation, type Turn, withEntry, without } from './state.ts';
import { readForOperation } from './acquire.ts';
import { failed, reply, save, tell } from './turn.ts';

/** What a holder does with its token: rewrite its note, or give it up for ever. */

/** How long a release waits for the scans to show the VM gone and drained, in ms. */
const RELEASE_PATIENCE_MS = 15_000;

/** Starts a release: the gate of the VM is closed first, and only a scan begun after that counts. */
export function beginRelease(turn: Turn, operation: TokenOperation): void {
  const { s, nowMs } = turn;
  const held = mine(s, operation.token);
  const owed = s.held.get(operation.token);
  if (held === null && (owed === undefined || owed.claim)) {
    failOperation(turn, operation, notHeld());
    return;
  }
  if (held !== null) {
    s.held = withEntry(s.held, operation.token, { ...held, releasing: true });
  }
  // A QEMU whose writes hang is killed in the end, and libvirt still calls that a shutdown; a migrated one has none.
  const isMigrated = operation.ended === 'migrated';
  if (isMigrated || (operation.ended === 'clean' && !storeLost(s, nowMs))) {
    const vm = held?.vm ?? owed?.vm ?? '';
    s.cleanEnds = withEntry(s.cleanEnds, vm, { saidMs: nowMs, isMigrated });
  }
  keepOperation(turn, { ...operation, stage: 'quiet' });
}

/** With every scan: once nothing of the VM is left the generation is burnt, and that can't be undone (rule 7). */
export function continueRelease(turn: Turn, operation: TokenOperation): void {
  const { s, nowMs } = turn;
  const held = s.held.get(operation.token);
  if (held === undefined || held.claim) {
    failOperation(turn, operation, notHeld());
    return;
  }
  const burnt = held.generation <= burntGeneration(s, operation.token);
  const dropped = operation.requestId === null && droppedTokens(s).some((one) => one.token === held.token);
  forgetLostStart(turn, operation, held.vm);
  const gone = !s.pendingStarts.has(operation.token) && quietVm(s, held.vm, operation.startedMs);
  if (!burnt && !dropped && !gone) {
    if (nowMs - operation.startedMs > RELEASE_PATIENCE_MS) {
      failOperation(turn, operation, stillThere());
    }
    return;
  }
  // After a roll-back what is given up may be of an earlier generation than what was: both stay burnt.
  const upTo = Math.max(held.generation, burntGeneration(s, operation.token));
  s.burntGenerations = withEntry(s.burntGenerations, operation.token, upTo);
  s.held = withEntry(s.held, operation.token, { ...held, releasing: true, note: operation.note });
  s.viewDirty = true;
  save(turn);
  keepOperation(turn, { ...operation, stage: 'read' });
  readForOperation(turn, operation);
}

/**
 * A start that an agent began and never ended, with the agent gone for good: the gate of the VM is closed, so a start that
 * no scan begun since then sees is refused by the hook, or never was.
 */
function forgetLostStart(turn: Turn, operation: TokenOperation, vm: string): void {
  const { s } = turn;
  const { scan } = s;
  const unseen =
    scan !== null &&
    scan.startedAtMs > operation.startedMs &&
    !scan.hookStarts.includes(vm) &&
    !scan.processes.some((process) => process.vm === vm);
  if (unseen && agentAbsent(s, turn.nowMs)) {
    s.pendingStarts = without(s.pendingStarts, operation.token);
  }
}

export function holderAfterRead(turn: Turn, operation: TokenOperation, read: TokenRead): void {
  const { s, nowMs } = turn;
  const held = s.held.get(operation.token);
  const decided = read.decided;
  const released = operation.goal === 'release';
  if (released && held !== undefined && isForgotten(s, held, read)) {
    s.held = without(s.held, held.token);
    save(turn);
    failOperation(turn, operation, notHeld());
    return;
  }
  const ours =
    held !== undefined &&
    !held.claim &&
    decided !== null &&
    // After a roll-back of the store an earlier one of this epoch stands there again: it is given up as well.
    (decided.generation === held.generation || (released && decided.generation < held.generation)) &&
    decided.value.holder === s.self.slot &&
    decided.value.holderEpoch === s.epoch;
  if (!ours || !leaseValid(s, nowMs) || (operation.goal === 'note' && mine(s, operation.token) === null)) {
    failOperation(turn, operation, notHeld());
    return;
  }
  const note = { ...operation.note, generation: decided.generation, released };
  writeBlock(turn, { ...operation, read, note, stage: 'commit', decided }, decided);
}

/** Burnt for a release, and the store went back to when the token was not this epoch's: there is nothing left to give up. */
function isForgotten(s: State, held: Held, { decided, unreadableSlot }: TokenRead): boolean {
  const isOurs = decided?.value.holder === s.self.slot && decided.value.holderEpoch === s.epoch;
  return unreadableSlot === null && (decided?.generation ?? 0) < held.generation && !isOurs;
}

export function holderAfterCommit(turn: Turn, operation: TokenOperation): void {
  const { s } = turn;
  const { token, note } = operation;
  const held = s.held.get(token);
  s.operations = without(s.operations, operation.key);
  s.viewDirty = true;
  const isRelease = operation.goal === 'release';
  if (held === undefined || (held.generation !== note.generation && !isRelease)) {
    return;
  }
  if (isRelease) {
    s.held = without(s.held, token);
    save(turn);
    tell(turn, 'token.released', { vm: held.vm, generation: held.generation, reason: note.reason });
    if (note.releasedTo !== null && note.releasedTo !== s.self.slot) {
      const line = { kind: 'toPeer', to: note.releasedTo, message: { kind: 'released', token } } as const;
      turn.effects.push({ kind: 'send', line });
    }
  } else {
    s.held = withEntry(s.held, token, { ...held, note });
  }
  reply(turn, operation.requestId, held.generation);
}

function notHeld(): ReturnType<typeof failed> {
  return failed('token.not-held', 'This host does not hold the VM at that generation.');
}

function stillThere(): ReturnType<typeof failed> {
  return failed(
    'token.still-running',
    "The VM can't be given up: its QEMU, a start in flight, or writes that may still land are left on this host.",
  );
}
