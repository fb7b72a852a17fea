import { advanceAdmin } from './adminFlow.ts';
import { command } from './commands.ts';
import { backgroundEnded, noteDefinition, syncDefinitions } from './definitionSync.ts';
import { heardDomain, heardHost, heardHypervisor, heardView, lostHypervisor } from './facts.ts';
import { answerEnded, dropLateAnswers, watchHealth } from './health.ts';
import { advanceRepair } from './repairFlow.ts';
import { noteEmptied } from './goingDown.ts';
import { advanceMove } from './moveFlow.ts';
import { dropLateNotes, noteWritten, syncNotes } from './noteSync.ts';
import { forgetRemovedVms, plan } from './plan.ts';
import { inspectionEnded, syncInspections } from './inspection.ts';
import { endDuePause, notePauses } from './pauses.ts';
import { advanceReceive } from './receiveFlow.ts';
import { remember } from './remember.ts';
import { advanceResume } from './resumeFlow.ts';
import { gateAnswered } from './startGates.ts';
import { advanceStart } from './startFlow.ts';
import { type Draft, type EngineState, patchVm, protectedVm, tell, vmState } from './state.ts';
import { advanceStop } from './stopFlow.ts';
import { heardSigns } from './signs.ts';
import { heardUplinks } from './uplinks.ts';
import type { EngineEffect, EngineInput, OperationOutcome } from './types.ts';

/** The shell answers an operation at its deadline; when even that does not come, the engine goes on after this. */
const ANSWER_GRACE_MS = 2000;
const NO_ANSWER: OperationOutcome = {
  kind: 'failed',
  failure: { code: 'engine.no-answer', message: 'No answer came in time.' },
  certain: false,
};

/** One decision round: takes an input in, goes on with what is under way, begins what is due. Pure. */
export function step(
  state: EngineState,
  input: EngineInput,
): { readonly state: EngineState; readonly effects: readonly EngineEffect[] } {
  const draft: Draft = { ...state, vms: new Map(state.vms), nowMs: input.nowMs, effects: [] };
  takeIn(draft, input);
  forgetRemovedVms(draft);
  notePauses(draft);
  lookAgain(draft);
  endDuePause(draft);
  watchHealth(draft);
  plan(draft);
  noteEmptied(draft);
  syncNotes(draft);
  syncDefinitions(draft);
  syncInspections(draft);
  remember(draft);
  const { nowMs: _, effects, ...next } = draft;
  return { state: next, effects };
}

function takeIn(draft: Draft, input: EngineInput): void {
  switch (input.kind) {
    case 'tick':
      return;
    case 'view':
      return heardView(draft, input.view);
    case 'keeperLost':
      // The configuration in it is still the best there is; but nothing is decided from an old view.
      draft.viewAtMs = Number.NEGATIVE_INFINITY;
      return;
    case 'hypervisor':
      return heardHypervisor(draft, input.version, input.domains);
    case 'hypervisorLost':
      return lostHypervisor(draft, input.error);
    case 'domain':
      return heardDomain(draft, input.fact, input.happening);
    case 'domainGone': {
      const domains = new Map(draft.domains);
      domains.delete(input.vm);
      draft.domains = domains;
      return;
    }
    case 'result':
      return takeResult(draft, input.operation, input.outcome);
    case 'peers':
      draft.peers = input.peers;
      return;
    case 'host':
      return heardHost(draft, input.host);
    case 'signs':
      return heardSigns(draft, input);
    case 'uplinks':
      return heardUplinks(draft, input);
    case 'wallClock':
      draft.wallClock = { wallMs: input.wallMs, localOffsetMs: input.localOffsetMs ?? 0, atMs: input.nowMs };
      return;
    case 'command':
      return command(draft, input.id, input.command);
  }
}

function takeResult(draft: Draft, operation: number, outcome: OperationOutcome): void {
  noteDefinition(draft, operation, outcome);
  if (noteWritten(draft, operation) || backgroundEnded(draft, operation, outcome)) return;
  if (inspectionEnded(draft, operation, outcome) || answerEnded(draft, operation, outcome)) return;
  if (gateAnswered(draft, operation, outcome)) return;
  if (draft.admin?.operation === operation) return advanceAdmin(draft, outcome);
  for (const [vm, { activity }] of draft.vms) {
    if (activity?.operation === operation) return advance(draft, vm, outcome);
    if (activity?.kind === 'stop' && activity.askedAgain === operation) {
      return patchVm(draft, vm, { activity: { ...activity, askedAgain: null } });
    }
  }
}

/** Steps that wait for facts or time, and operations whose answer is overdue. */
function lookAgain(draft: Draft): void {
  dropLateNotes(draft);
  dropLateAnswers(draft);
  const overdue = (deadlineMs: number): boolean => draft.nowMs >= deadlineMs + ANSWER_GRACE_MS;
  const { admin, background } = draft;
  if (background && overdue(background.deadlineMs)) backgroundEnded(draft, background.operation, NO_ANSWER);
  if (admin) {
    const isLost = admin.operation !== null && overdue(admin.deadlineMs);
    advanceAdmin(draft, isLost ? NO_ANSWER : null);
  }
  for (const [vm, { activity }] of draft.vms) {
    if (activity === null) continue;
    const isLost = activity.operation !== null && overdue(activity.deadlineMs);
    if (isLost || activity.operation === null) advance(draft, vm, isLost ? NO_ANSWER : null);
  }
}

function advance(draft: Draft, uuid: string, outcome: OperationOutcome | null): void {
  const { activity } = vmState(draft, uuid);
  const vm = protectedVm(draft, uuid);
  if (activity === null) return;
  if (!vm) return patchVm(draft, uuid, { activity: null });
  switch (activity.kind) {
    case 'start':
      return advanceStart(draft, vm, activity, outcome);
    case 'stop':
      return advanceStop(draft, vm, activity, outcome);
    case 'resume':
      return advanceResume(draft, vm, activity, outcome);
    case 'repair':
      return advanceRepair(draft, vm, activity, outcome);
    case 'move':
      return advanceMove(draft, vm, activity, outcome);
    case 'receive':
      return advanceReceive(draft, vm, activity, outcome);
    case 'expel':
      if (outcome?.kind === 'failed') {
        tell(draft, {
          code: 'vm.stranger-remains',
          level: 'alarm',
          vm: vm.name,
          text: `${vm.name} could not be destroyed on ${draft.setup.hostName}: ${outcome.failure.message}`,
        });
      }
      if (outcome !== null) patchVm(draft, uuid, { activity: null });
  }
}
