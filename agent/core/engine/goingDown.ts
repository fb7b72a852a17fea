import type { GoingDownReason } from '../../protocol/goingDown.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import { isEnding } from './candidates.ts';
import { evacuationIsDue, runsHere } from './evacuation.ts';
import {
  configOf,
  type Draft,
  type EngineState,
  isActiveHere,
  patchVm,
  reply,
  tell,
  tokenOf,
  vmState,
} from './state.ts';
import { newVmState } from './vmState.ts';

/**
 * A host that is about to go: shut down, restarted, or on the battery of its UPS. It gives its VMs away while that can
 * still be done in order, so that nobody has to wait for T. Only a wish: every token is given up by the ordinary rules.
 */

const WORDS: { readonly [Reason in GoingDownReason]: string } = {
  shutdown: 'is being shut down',
  'on-battery': 'runs on the battery of its UPS',
  'low-battery': 'has little left in the battery of its UPS',
};

export const goesBecause = (draft: Draft, reason: GoingDownReason): string =>
  `because ${draft.setup.hostName} ${WORDS[reason]}`;

export function beginGoingDown(draft: Draft, id: number, reason: GoingDownReason): void {
  const { goingDown } = draft;
  const name = draft.setup.hostName;
  // A low battery after a shutdown has begun changes nothing; mains power that fails again is the same story.
  const isWorse = goingDown === null || (goingDown.reason === 'on-battery' && reason !== 'on-battery');
  if (isWorse) {
    draft.goingDown = { reason, sinceMs: draft.nowMs, isEmpty: false };
    // What an earlier maintenance could not move is tried again: this time it would be shut down otherwise.
    for (const vm of draft.vms.keys()) patchVm(draft, vm, { evacuation: newVmState.evacuation });
    const what =
      reason === 'on-battery'
        ? 'Its VMs are moved to hosts that have power.'
        : 'Its VMs are moved to other hosts, or shut down where none can take them.';
    tell(draft, {
      code: 'host.going-down',
      level: 'warning',
      text: `${name} ${WORDS[reason]}. ${what}`,
      facts: { reason },
    });
  }
  reply(draft, id, { kind: 'text', text: `${name} gives its VMs away.` });
}

/** Power is back, or the shutdown was called off. */
export function stay(draft: Draft, id: number): void {
  const name = draft.setup.hostName;
  if (draft.goingDown === null)
    return reply(draft, id, { kind: 'text', text: `${name} was not about to go.` });
  const text = `${name} stays: it may run VMs again.`;
  tell(draft, { code: 'host.stays-on', level: 'notice', text, facts: { reason: draft.goingDown.reason } });
  draft.goingDown = null;
  reply(draft, id, { kind: 'text', text });
}

/** A VM that is still to be moved or shut down before this host may go. */
export function mustLeave(state: EngineState, vm: ProtectedVm): boolean {
  if (runsHere(state, vm)) return true;
  const isMine = tokenOf(state, vm)?.mine === true;
  const isWanted = vmState(state, vm.vm).wanted?.note.desired === 'running';
  return isEnding(state) && isMine && isWanted && !isActiveHere(state, vm.vm);
}

/** VMs that are under way, or that will be: while there are some, the host had better wait. */
export function vmsLeft(state: EngineState): number {
  return (state.view?.config?.vms ?? []).filter((vm) => {
    const { activity, evacuation } = vmState(state, vm.vm);
    const waits = state.goingDown?.reason === 'on-battery' && evacuation.nowhereSinceMs !== null;
    return activity !== null || (mustLeave(state, vm) && evacuationIsDue(evacuation) && !waits);
  }).length;
}

/** Says once when the last VM is gone. */
export function noteEmptied(draft: Draft): void {
  const { goingDown } = draft;
  const vms = configOf(draft)?.vms ?? [];
  if (goingDown === null || goingDown.isEmpty || vms.some((vm) => isActiveHere(draft, vm.vm))) return;
  if (vmsLeft(draft) > 0) return;
  draft.goingDown = { ...goingDown, isEmpty: true };
  const tookMs = draft.nowMs - goingDown.sinceMs;
  tell(draft, {
    code: 'host.emptied',
    level: 'notice',
    text: `${draft.setup.hostName} runs no protected VM any more, ${(tookMs / 1000).toFixed(1)} s after it began to give them away.`,
    facts: { tookMs, reason: goingDown.reason },
  });
}
