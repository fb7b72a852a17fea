import { MOVED_LIVE } from '../../protocol/store.ts';
import { evaluateToken } from '../token.ts';
import { tokenKey } from './operations.ts';
import { mayRun, tokenContext } from './rights.ts';
import { beginStop, quietVm } from './scan.ts';
import type { TokenRead } from '../token.ts';
import { type Held, type State, type Turn, withEntry, without } from './state.ts';
import { failed, refuse, reply, save, tell } from './turn.ts';
import type { Incoming } from './types.ts';

/**
 * The target's side of a live switchover (rule 24). The copy that libvirt receives has no right of its own: the token
 * stays with its holder until that one's QEMU is gone, and the copy runs only after this host was given the next
 * generation, and only if the holder's release says that the copy is what it left behind.
 */

/** Without a word from the agent in this time the copy is not expected any more, in ms. */
export const INCOMING_FOR_MS = 15_000;

export function expectIncoming(
  turn: Turn,
  id: number,
  body: { readonly token: number; readonly generation: number; readonly again: boolean },
): void {
  const { s, nowMs } = turn;
  const { token, generation, again } = body;
  const known = s.incoming.get(token);
  const isExpected = known !== undefined && known.untilMs > 0 && known.generation === generation;
  const vm = receivable(s, nowMs, body);
  if (vm === null || (again && !isExpected)) {
    refuse(turn, id, notReceivable());
    return;
  }
  if (!again && (!quietVm(s, vm, 0) || s.pendingStarts.has(token))) {
    refuse(turn, id, failed('vm.already-there', 'A QEMU of the VM is still on this host.'));
    return;
  }
  keep(turn, { token, vm, generation, untilMs: nowMs + INCOMING_FOR_MS, isWhole: false });
  reply(turn, id, generation);
}

/** The VM, if it may be received here: held by another host at this very generation, as far as this host has read. */
function receivable(
  s: State,
  nowMs: number,
  { token, generation }: { readonly token: number; readonly generation: number },
): string | null {
  const entry = s.config?.vms.find((candidate) => candidate.token === token);
  const read = s.tokens.get(token);
  if (entry === undefined || read === undefined || !entry.hosts.includes(s.self.slot)) return null;
  if (!mayRun(s, nowMs) || s.leave !== null || s.held.has(token)) return null;
  const { decided } = read;
  const isHeld = evaluateToken(read, tokenContext(s, token)).kind === 'held';
  return isHeld && decided?.generation === generation && decided.value.vm === entry.vm ? entry.vm : null;
}

function keep(turn: Turn, copy: Incoming): void {
  turn.s.incoming = withEntry(turn.s.incoming, copy.token, copy);
  save(turn);
}

/** Expected no longer, and remembered until no QEMU of it is left: also a keeper that is started anew must not let it run. */
export function endIncoming(turn: Turn, token: number): void {
  const copy = turn.s.incoming.get(token);
  if (copy !== undefined && (copy.untilMs > 0 || copy.isWhole)) {
    keep(turn, { ...copy, untilMs: 0, isWhole: false });
  }
}

export function endAllIncoming(turn: Turn): void {
  for (const token of turn.s.incoming.keys()) endIncoming(turn, token);
}

/** With every scan: what is expected in vain, or what another host has the VM of by now, is a stray from here on. */
export function endOldIncoming(turn: Turn): void {
  const { s, nowMs } = turn;
  for (const { token, vm, generation, untilMs, isWhole } of s.incoming.values()) {
    const decided = s.tokens.get(token)?.decided?.generation ?? generation;
    const isOver = isWhole ? !s.held.has(token) : nowMs >= untilMs || decided > generation;
    if (isOver && !s.operations.has(tokenKey(token))) endIncoming(turn, token);
    const isUnwanted = s.incoming.get(token)?.untilMs === 0;
    if (isUnwanted && quietVm(s, vm, 0)) {
      s.incoming = without(s.incoming, token);
      save(turn);
    } else if (isUnwanted && s.held.has(token)) {
      // With the token it is no stray any more, and must be ended all the same.
      beginStop(turn, vm, nowMs);
    }
  }
}

/**
 * This host was given the VM. Only the release of exactly the generation under which the copy was received, made after a
 * completed migration to this host, makes the copy the VM: its last holder may have run on and written otherwise. Any
 * other copy is old, and is killed before anything of the VM can be continued.
 */
export function judgeIncoming(turn: Turn, held: Held, before: TokenRead | null): void {
  const { s, nowMs } = turn;
  const copy = s.incoming.get(held.token);
  if (copy === undefined) {
    return;
  }
  const note = before?.note ?? null;
  const isWhole =
    copy.untilMs > 0 &&
    before?.decided?.generation === copy.generation &&
    held.generation === copy.generation + 1 &&
    note?.released === true &&
    note.releasedTo === s.self.slot &&
    note.reason === MOVED_LIVE &&
    copy.vm === held.vm;
  if (isWhole) {
    keep(turn, { ...copy, isWhole });
    return;
  }
  endIncoming(turn, held.token);
  tell(turn, 'vm.old-copy-killed', { vm: held.vm, generation: copy.generation });
  beginStop(turn, held.vm, nowMs);
}

/** What was received and is not the VM may never be continued; what is may be, like a guest that was just created. */
export function isOldCopy(s: State, token: number): boolean {
  return s.incoming.get(token)?.isWhole === false;
}

/** A QEMU of the VM that is here before its start is no obstacle if it is the VM itself, as it was received. */
export function isReceived(s: State, token: number): boolean {
  return s.incoming.get(token)?.isWhole === true;
}

/** It may be continued now: from here on it is a VM like any other. */
export function noteContinued(turn: Turn, token: number): void {
  const { s } = turn;
  if (s.incoming.has(token)) {
    s.incoming = without(s.incoming, token);
    save(turn);
  }
}

function notReceivable(): ReturnType<typeof failed> {
  return failed(
    'token.not-receivable',
    'This host may not receive the VM now: its lease or the holder of the VM is not as needed.',
  );
}
