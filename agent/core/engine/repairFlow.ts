import type { ProtectedVm } from '../../protocol/group.ts';
import { parseProbe } from '../../protocol/health.ts';
import { noteStep } from '../health/ladder.ts';
import { expectOwnReset, forgetFailing, noteStart } from '../health/watch.ts';
import type { RepairActivity } from './activity.ts';
import { askGuest } from './askGuest.ts';
import { recordFailure } from './failures.ts';
import { askHypervisor, askKeeper, type Draft, patchVm, tell, vmState } from './state.ts';
import { isGone } from './stopFacts.ts';
import type { OperationOutcome } from './types.ts';

type RepairStep = RepairActivity['step'];

const DEADLINES_MS: { readonly [step in RepairStep]: number } = {
  restartApp: 60_000,
  reset: 10_000,
  kill: 30_000,
  waitGone: 30_000,
};
/** A step that could not be carried out is not begun again before this. */
const FAILED_PAUSE_MS = 60_000;

export function beginRepair(
  draft: Draft,
  vm: ProtectedVm,
  step: 'restartApp' | 'reset' | 'kill',
  generation: number,
  because: string,
): void {
  const { health } = vmState(draft, vm.vm);
  const { windowMs } = vm.policy;
  if (step === 'kill') {
    tell(draft, {
      code: 'vm.restart-for-health',
      level: 'warning',
      vm: vm.name,
      text: `${vm.name} is ended and started again on ${draft.setup.hostName}: ${because}.`,
    });
    patchVm(draft, vm.vm, { health: { ...health, lastAct: 'the VM was restarted' } });
  } else {
    const rung = step === 'reset' ? 'reset' : 'restart-app';
    const noted = noteStep(health, rung, windowMs, draft.nowMs);
    patchVm(draft, vm.vm, { health: step === 'reset' ? expectOwnReset(noted, draft.nowMs) : noted });
  }
  const base = { kind: 'repair', generation, because, sinceMs: draft.nowMs } as const;
  enter(draft, vm, base, step);
}

function enter(
  draft: Draft,
  vm: ProtectedVm,
  base: Pick<RepairActivity, 'kind' | 'generation' | 'because' | 'sinceMs'>,
  step: RepairStep,
): void {
  const deadlineMs = DEADLINES_MS[step];
  const { kind, generation, because, sinceMs } = base;
  const operation = ask(draft, vm, generation, step, deadlineMs);
  const times = { sinceMs, stepSinceMs: draft.nowMs, deadlineMs: draft.nowMs + deadlineMs };
  patchVm(draft, vm.vm, { activity: { kind, generation, because, ...times, step, operation } });
}

function ask(
  draft: Draft,
  vm: ProtectedVm,
  generation: number,
  step: RepairStep,
  deadlineMs: number,
): number | null {
  switch (step) {
    case 'restartApp': {
      const probe = parseProbe(vm.policy.health?.restartApp ?? '');
      return probe && askGuest(draft, vm.vm, probe, deadlineMs);
    }
    case 'reset':
      return askHypervisor(draft, { kind: 'reset', vm: vm.vm }, deadlineMs);
    case 'kill':
      return askKeeper(draft, { kind: 'stop', token: vm.token, generation }, deadlineMs);
    case 'waitGone':
      return null;
  }
}

/** An outcome came for the step's operation, or (null) facts or time changed. */
export function advanceRepair(
  draft: Draft,
  vm: ProtectedVm,
  activity: RepairActivity,
  outcome: OperationOutcome | null,
): void {
  if (outcome === null) return look(draft, vm, activity);
  if (outcome.kind === 'failed') return failed(draft, vm, activity, outcome.failure.message);
  switch (activity.step) {
    case 'restartApp': {
      const answer = outcome.value.kind === 'probed' ? outcome.value.answer : null;
      if (answer?.outcome !== 'well') return failed(draft, vm, activity, answer?.text ?? 'no answer');
      return restartedApp(draft, vm, activity);
    }
    case 'reset':
      return wasReset(draft, vm, activity);
    case 'kill':
      return enter(draft, vm, activity, 'waitGone');
    case 'waitGone':
      return;
  }
}

function look(draft: Draft, vm: ProtectedVm, activity: RepairActivity): void {
  if (activity.step === 'waitGone' && isGone(draft, vm)) {
    // Our own doing: it is no crash of its own, and nobody's wish that it stays off.
    patchVm(draft, vm.vm, { activity: null, shutdownBy: null });
    return recordFailure(draft, vm);
  }
  if (draft.nowMs >= activity.deadlineMs) failed(draft, vm, activity, 'it took too long');
}

function restartedApp(draft: Draft, vm: ProtectedVm, activity: RepairActivity): void {
  const { health } = vmState(draft, vm.vm);
  patchVm(draft, vm.vm, { activity: null, health: forgetFailing(health) });
  const tookMs = draft.nowMs - activity.sinceMs;
  tell(draft, {
    code: 'vm.app-restarted',
    level: 'notice',
    vm: vm.name,
    text: `The application in ${vm.name} was restarted (attempt ${health.appRestartsMs.length} of ${vm.policy.health?.appRestarts ?? 0}): ${activity.because}.`,
    facts: { tookMs, attempt: health.appRestartsMs.length },
  });
}

function wasReset(draft: Draft, vm: ProtectedVm, activity: RepairActivity): void {
  const { health } = vmState(draft, vm.vm);
  const policy = vm.policy.health;
  const next = policy === undefined ? health : noteStart(health, policy, draft.nowMs);
  patchVm(draft, vm.vm, { activity: null, health: next });
  tell(draft, {
    code: 'vm.reset',
    level: 'warning',
    vm: vm.name,
    text: `The guest of ${vm.name} was reset (attempt ${health.resetsMs.length} of ${policy?.resets ?? 0}): ${activity.because}.`,
    facts: { attempt: health.resetsMs.length },
  });
}

function failed(draft: Draft, vm: ProtectedVm, activity: RepairActivity, why: string): void {
  const { health } = vmState(draft, vm.vm);
  const notBeforeMs = Math.max(health.notBeforeMs, draft.nowMs + FAILED_PAUSE_MS);
  patchVm(draft, vm.vm, { activity: null, health: { ...health, notBeforeMs } });
  const what = {
    restartApp: 'restart its application',
    reset: 'reset its guest',
    kill: 'end it',
    waitGone: 'end it',
  };
  tell(draft, {
    code: 'vm.repair-failed',
    level: 'warning',
    vm: vm.name,
    text: `The attempt to ${what[activity.step]} for ${vm.name} came to nothing: ${why.replace(/\.$/, '')}.`,
    facts: { step: activity.step },
  });
}
