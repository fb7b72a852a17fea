import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { StopActivity } from './activity.ts';
import { isEnding } from './candidates.ts';
import { evacuationFailed } from './evacuation.ts';
import { wantDesired } from './intent.ts';
import { takenNote } from './notes.ts';
import { beginStart } from './startFlow.ts';
import { type Draft, hostName, isActiveHere, patchVm, reply, tell, tokenOf } from './state.ts';

const FAILED: { readonly [Cause in StopActivity['cause']]: string } = {
  switchover: 'vm.switchover-failed',
  stop: 'vm.stop-failed',
  handover: 'vm.handover-failed',
};

/** Nobody asked for it now: it is this host's maintenance that wants the VM moved. */
const isOwnWish = ({ cause, command }: StopActivity): boolean => cause === 'switchover' && command === null;

/** Released: another host takes it, or this one takes it back. */
export function awaitTaker(draft: Draft, vm: ProtectedVm, activity: StopActivity, isLate: boolean): void {
  const token = tokenOf(draft, vm);
  if (token?.value && token.generation > activity.generation) {
    const holder = hostName(draft, token.value.holder);
    const tookMs = draft.nowMs - activity.sinceMs;
    patchVm(draft, vm.vm, { activity: null });
    tell(draft, {
      code: activity.cause === 'switchover' ? 'vm.switched-over' : 'vm.handed-over',
      level: 'notice',
      vm: vm.name,
      text: `${holder} has taken ${vm.name}, ${(tookMs / 1000).toFixed(1)} s after it was decided.`,
      facts: {
        from: draft.setup.hostName,
        to: holder,
        tookMs,
        generation: token.generation,
        incident: activity.incident,
      },
    });
    return reply(draft, activity.command, { kind: 'text', text: `${vm.name} is on ${holder} now.` });
  }
  const isReleased = token?.note?.released === true;
  if (isEnding(draft) && activity.to === null && isReleased) return leaveFree(draft, vm, activity);
  if (!isLate) return;
  if (token?.note?.released !== true) {
    // The store went back to before the release: who the token belongs to is looked at anew.
    patchVm(draft, vm.vm, { activity: null });
    const message = `The store does not show any more that ${draft.setup.hostName} gave ${vm.name} up.`;
    return reply(draft, activity.command, { kind: 'failure', failure: { code: 'vm.not-taken', message } });
  }
  if (isEnding(draft)) return leaveFree(draft, vm, activity);
  const text = `${hostName(draft, activity.to)} did not take ${vm.name}; ${draft.setup.hostName} takes it back.`;
  const failure: Failure = { code: 'vm.not-taken', message: text };
  if (isOwnWish(activity)) evacuationFailed(draft, vm, failure);
  tell(draft, { code: 'vm.taken-back', level: 'warning', vm: vm.name, text });
  reply(draft, activity.command, { kind: 'failure', failure });
  const note = takenNote(token.note, token.generation);
  beginStart(draft, vm, {
    cause: 'start',
    acquireWith: note,
    generation: token.generation,
    thenStart: note.desired === 'running',
    fromOther: false,
    downSinceMs: activity.sinceMs,
    command: null,
    incident: activity.incident,
    why: `${hostName(draft, activity.to)} did not take it`,
  });
}

/** A host that goes takes nothing back: the VM is off and free, and the next host that can runs it. */
function leaveFree(draft: Draft, vm: ProtectedVm, activity: StopActivity): void {
  patchVm(draft, vm.vm, { activity: null });
  const text = `${vm.name} is off, and free for the next host that can run it: ${draft.setup.hostName} is about to go.`;
  const facts = { generation: activity.generation, incident: activity.incident };
  tell(draft, { code: 'vm.left-free', level: 'warning', vm: vm.name, text, facts });
  reply(draft, activity.command, { kind: 'failure', failure: { code: 'vm.not-taken', message: text } });
}

/** The VM stays, or comes back, on this host. That it is down by our own hand is not the administrator's intent. */
export function abort(draft: Draft, vm: ProtectedVm, activity: StopActivity, failure: Failure): void {
  if (activity.cause === 'stop') wantDesired(draft, vm, 'running', null);
  patchVm(draft, vm.vm, {
    activity: null,
    retryAtMs: draft.nowMs,
    ...(isActiveHere(draft, vm.vm) ? {} : { ranAtGeneration: 0, ownStopUntilMs: 0 }),
  });
  if (isOwnWish(activity)) evacuationFailed(draft, vm, failure);
  tell(draft, {
    code: FAILED[activity.cause],
    level: 'warning',
    vm: vm.name,
    text: `The ${activity.cause} of ${vm.name} was not carried out: ${failure.message}`,
    facts: { step: activity.step, failure: failure.code, incident: activity.incident },
  });
  reply(draft, activity.command, { kind: 'failure', failure });
}
