import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { StartActivity } from './activity.ts';
import { recordFailure } from './failures.ts';
import { type Draft, patchVm, reply, tell, tellOnce, tokenOf, vmState } from './state.ts';

const REFUSED_PAUSE_MS = 1000;
const LONGEST_REFUSED_PAUSE_MS = 15_000;
/** The answer comes at once; one that doesn't would come from a QEMU that hangs. */
const ANNOUNCE_WITHIN_MS = 5000;

export function started(draft: Draft, vm: ProtectedVm, activity: StartActivity): void {
  const state = vmState(draft, vm.vm);
  patchVm(draft, vm.vm, {
    activity: null,
    said: [],
    startEndedMs: draft.nowMs,
    lateStartGeneration: 0,
    runningSinceMs: draft.nowMs,
    ranAtGeneration: activity.generation,
    refusals: 0,
    shutdownBy: null,
    ownStopUntilMs: 0,
    publish: { ...state.publish, isDue: true },
    inspect: { ...state.inspect, isDue: true },
  });
  const tookMs = draft.nowMs - activity.sinceMs;
  const downMs = activity.downSinceMs === null ? null : draft.nowMs - activity.downSinceMs;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const when =
    downMs === null ? `after ${seconds(tookMs)}` : `again after ${seconds(downMs)} without service`;
  tell(draft, {
    code: activity.cause === 'restart' ? 'vm.restarted' : 'vm.started',
    level: 'notice',
    vm: vm.name,
    text: `${vm.name} runs on ${draft.setup.hostName} ${when} (${activity.why}).`,
    facts: {
      cause: activity.cause,
      tookMs,
      downMs,
      generation: activity.generation,
      to: draft.setup.hostName,
      why: activity.why,
      incident: activity.incident,
    },
  });
  draft.effects.push({ kind: 'announce', vm: vm.vm, deadlineMs: ANNOUNCE_WITHIN_MS });
  reply(draft, activity.command, { kind: 'text', text: `${vm.name} runs on ${draft.setup.hostName}.` });
}

/** A right was refused: nobody's fault but the moment's. Tried again after a pause that grows. */
export function refused(draft: Draft, vm: ProtectedVm, activity: StartActivity, failure: Failure): void {
  const { refusals } = vmState(draft, vm.vm);
  const pauseMs = Math.min(REFUSED_PAUSE_MS * 2 ** Math.min(refusals, 10), LONGEST_REFUSED_PAUSE_MS);
  patchVm(draft, vm.vm, {
    activity: null,
    startEndedMs: draft.nowMs,
    refusals: refusals + 1,
    retryAtMs: draft.nowMs + pauseMs,
  });
  tellOnce(draft, vm.vm, `refused ${failure.code}`, {
    code: 'vm.start-refused',
    level: 'notice',
    vm: vm.name,
    text: `${draft.setup.hostName} may not start ${vm.name} now: ${failure.message}`,
    facts: { step: activity.step, failure: failure.code, incident: activity.incident },
  });
  reply(draft, activity.command, { kind: 'failure', failure });
}

export function blame(draft: Draft, vm: ProtectedVm, activity: StartActivity, failure: Failure): void {
  failed(draft, vm, { ...activity, undoing: { failure, countsForVm: true } });
}

export function failed(draft: Draft, vm: ProtectedVm, activity: StartActivity): void {
  const { undoing } = activity;
  if (undoing === null) return;
  if (!undoing.countsForVm) return refused(draft, vm, activity, undoing.failure);
  patchVm(draft, vm.vm, { activity: null, startEndedMs: draft.nowMs });
  tell(draft, {
    code: 'vm.start-failed',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} could not be started on ${draft.setup.hostName}: ${undoing.failure.message}`,
    facts: {
      failure: undoing.failure.code,
      generation: activity.generation,
      incident: activity.incident,
    },
  });
  reply(draft, activity.command, { kind: 'failure', failure: undoing.failure });
  const token = tokenOf(draft, vm);
  // A view from before the token was acquired says nothing against us.
  if (token?.mine === true || (token?.generation ?? 0) < activity.generation) recordFailure(draft, vm);
}
