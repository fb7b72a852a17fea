import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { HolderNote } from '../../protocol/store.ts';
import type { StartActivity, StartStep } from './activity.ts';
import { askForStep } from './startAsk.ts';
import { blame, failed, refused, started } from './startEnds.ts';
import { type Draft, isActiveHere, patchVm, reply, tell, vmState, incidentOf } from './state.ts';
import type { OperationOutcome } from './types.ts';

const INTERRUPTED: Failure = { code: 'engine.start-interrupted', message: 'A start was interrupted.' };
/** How long each step may take before its way back is gone. */
const DEADLINES_MS: { readonly [step in StartStep]: number } = {
  acquire: 20_000,
  fetch: 15_000,
  place: 30_000,
  beginStart: 10_000,
  create: 95_000,
  mayContinue: 5000,
  resume: 35_000,
  endStart: 10_000,
  undo: 95_000,
  undoWait: 600_000,
  endFailed: 10_000,
};
/** A refused `beginStart` (the old QEMU is still dying) is asked again this often until the step's deadline. */
const BEGIN_RETRY_MS = 250;
/** While a start is being undone, the hypervisor is asked again this often to destroy what may have come up late. */
const UNDO_RETRY_MS = 5000;
/** Refusals of a destroy that come from libvirt itself: what it says of the domain then is new. */
const ANSWERS = new Set(['hypervisor.refused', 'hypervisor.no-domain']);

export interface StartOptions {
  readonly cause: StartActivity['cause'];
  readonly acquireWith: HolderNote | null;
  readonly generation: number;
  readonly thenStart: boolean;
  readonly isReceived?: boolean;
  readonly fromOther: boolean;
  readonly downSinceMs: number | null;
  readonly command: number | null;
  /** Absent: that of the VM's present generation. */
  readonly incident?: string;
  readonly why: string;
}

/** Begins to start a VM here: first the token, if it is not ours, then the newest definition, then the guest. */
export function beginStart(draft: Draft, vm: ProtectedVm, options: StartOptions): void {
  const activity: StartActivity = {
    kind: 'start',
    isReceived: false,
    ...options,
    incident: options.incident ?? incidentOf(draft, vm),
    step: 'acquire',
    sinceMs: draft.nowMs,
    stepSinceMs: draft.nowMs,
    operation: null,
    deadlineMs: draft.nowMs,
    undoing: null,
  };
  if (options.acquireWith !== null) enter(draft, vm, activity, 'acquire');
  else if (options.thenStart) prepare(draft, vm, activity);
}

/** Goes on with a start that an earlier run of this agent left, its guest paused or nothing to show. */
export function continueStart(draft: Draft, vm: ProtectedVm, generation: number): void {
  const fact = draft.domains.get(vm.vm);
  const activity: StartActivity = {
    kind: 'start',
    cause: 'start',
    acquireWith: null,
    generation,
    thenStart: true,
    isReceived: false,
    fromOther: false,
    downSinceMs: null,
    command: null,
    incident: incidentOf(draft, vm),
    why: 'the agent was restarted during the start',
    step: 'mayContinue',
    sinceMs: draft.nowMs,
    stepSinceMs: draft.nowMs,
    operation: null,
    deadlineMs: draft.nowMs,
    undoing: null,
  };
  if (fact?.state === 'running') enter(draft, vm, activity, 'endStart');
  else if (fact?.state === 'paused') enter(draft, vm, activity, 'mayContinue');
  else undo(draft, vm, activity, INTERRUPTED, false);
}

/** An outcome came for the step's operation, or (null) something else changed: facts, or time. */
export function advanceStart(
  draft: Draft,
  vm: ProtectedVm,
  activity: StartActivity,
  outcome: OperationOutcome | null,
): void {
  if (outcome === null) look(draft, vm, activity);
  else if (outcome.kind === 'done') succeed(draft, vm, activity, outcome);
  else fail(draft, vm, activity, outcome.failure, outcome.certain);
}

function enter(draft: Draft, vm: ProtectedVm, activity: StartActivity, step: StartStep): void {
  const deadlineMs = DEADLINES_MS[step];
  const next = {
    ...activity,
    step,
    stepSinceMs: draft.nowMs,
    deadlineMs: draft.nowMs + deadlineMs,
    operation: askForStep(draft, vm, activity, step, deadlineMs),
  };
  patchVm(draft, vm.vm, { activity: next });
}

/** Which of fetching and placing is needed before the guest can be created. */
function prepare(draft: Draft, vm: ProtectedVm, activity: StartActivity): void {
  const digest = vmState(draft, vm.vm).wanted?.note.definition ?? null;
  const known = draft.definitions.get(vm.vm);
  const isDefined = draft.domains.has(vm.vm);
  const isOwn = !activity.fromOther || known?.role === 'standby';
  const isPlaced = known?.placed === digest && isDefined && isOwn;
  if (digest === null || isPlaced) enter(draft, vm, activity, 'beginStart');
  else enter(draft, vm, activity, known?.cached === digest ? 'place' : 'fetch');
}

function succeed(
  draft: Draft,
  vm: ProtectedVm,
  activity: StartActivity,
  outcome: Extract<OperationOutcome, { kind: 'done' }>,
): void {
  switch (activity.step) {
    case 'acquire': {
      const generation = outcome.value.kind === 'generation' ? outcome.value.generation : activity.generation;
      return acquired(draft, vm, { ...activity, generation });
    }
    case 'fetch':
      return enter(draft, vm, activity, 'place');
    case 'place':
      return enter(draft, vm, activity, 'beginStart');
    case 'beginStart':
      if (!activity.isReceived) return enter(draft, vm, activity, 'create');
      if (draft.domains.get(vm.vm)?.state === 'paused') return enter(draft, vm, activity, 'mayContinue');
      // What was received is gone: it is started like any other.
      return prepare(draft, vm, { ...activity, isReceived: false });
    case 'create':
      return enter(draft, vm, activity, 'mayContinue');
    case 'mayContinue':
      return enter(draft, vm, activity, 'resume');
    case 'resume':
      return enter(draft, vm, activity, 'endStart');
    case 'endStart':
      return started(draft, vm, activity);
    case 'undo':
      return enter(draft, vm, activity, draft.hypervisor.connected ? 'undoWait' : 'endFailed');
    case 'undoWait':
      return enter(draft, vm, activity, 'undoWait');
    case 'endFailed':
      return failed(draft, vm, activity);
  }
}

function acquired(draft: Draft, vm: ProtectedVm, activity: StartActivity): void {
  const { acquireWith, generation } = activity;
  if (acquireWith === null) return;
  const note = { ...acquireWith, generation };
  patchVm(draft, vm.vm, {
    wanted: { generation, note },
    refusals: 0,
    failuresMs: [],
    ranAtGeneration: 0,
    handOver: null,
  });
  const isTakeover = activity.cause === 'takeover';
  tell(draft, {
    code: isTakeover ? 'vm.taken-over' : 'vm.token-acquired',
    level: isTakeover ? 'alarm' : 'info',
    vm: vm.name,
    text: `${draft.setup.hostName} holds the token of ${vm.name} now (generation ${generation}): ${activity.why}.`,
    facts: { generation, why: activity.why },
  });
  if (activity.isReceived) return enter(draft, vm, activity, 'beginStart');
  if (activity.thenStart) return prepare(draft, vm, activity);
  patchVm(draft, vm.vm, { activity: null });
  reply(draft, activity.command, { kind: 'text', text: `${draft.setup.hostName} holds ${vm.name} now.` });
}

function fail(
  draft: Draft,
  vm: ProtectedVm,
  activity: StartActivity,
  failure: Failure,
  certain: boolean,
): void {
  switch (activity.step) {
    case 'acquire':
      return refused(draft, vm, activity, failure);
    case 'fetch':
      return useOlderDefinition(draft, vm, activity, failure);
    case 'place':
      return blame(draft, vm, activity, failure);
    case 'beginStart':
      if (draft.nowMs >= activity.deadlineMs) return refused(draft, vm, activity, failure);
      return patchVm(draft, vm.vm, { activity: { ...activity, operation: null } });
    case 'create':
      return undo(draft, vm, activity, failure, true, certain);
    case 'resume':
      return undo(draft, vm, activity, failure, true);
    case 'mayContinue':
      return undo(draft, vm, activity, failure, false);
    case 'endStart':
      // The guest runs; that it is not pending any more is said again by the plan, from the keeper's next view.
      return started(draft, vm, activity);
    case 'undo':
      // What was known of the domain before says nothing of a guest that the lost call may have brought.
      if (!ANSWERS.has(failure.code))
        return patchVm(draft, vm.vm, { activity: { ...activity, operation: null } });
      return enter(draft, vm, activity, 'undoWait');
    case 'undoWait':
      return enter(draft, vm, activity, 'undoWait');
    case 'endFailed':
      return failed(draft, vm, activity);
  }
}

/** Time or facts: steps that wait for something other than an answer. */
function look(draft: Draft, vm: ProtectedVm, activity: StartActivity): void {
  if (activity.step === 'beginStart' && activity.operation === null) {
    const age = draft.nowMs - activity.stepSinceMs;
    if (age < BEGIN_RETRY_MS) return;
    const { deadlineMs } = activity;
    enter(draft, vm, activity, 'beginStart');
    const again = vmState(draft, vm.vm).activity;
    if (again) patchVm(draft, vm.vm, { activity: { ...again, deadlineMs } });
  } else if (activity.step === 'undo' && activity.operation === null) {
    if (draft.nowMs - activity.stepSinceMs >= UNDO_RETRY_MS) enter(draft, vm, activity, 'undo');
  } else if (activity.step === 'undoWait') {
    const isGone = draft.hypervisor.connected && !isActiveHere(draft, vm.vm);
    if (isGone) enter(draft, vm, activity, 'endFailed');
    else if (draft.nowMs - activity.stepSinceMs >= UNDO_RETRY_MS) enter(draft, vm, activity, 'undo');
  }
}

function undo(
  draft: Draft,
  vm: ProtectedVm,
  activity: StartActivity,
  failure: Failure,
  countsForVm: boolean,
  nothingThere = false,
): void {
  const undoing = { ...activity, undoing: { failure, countsForVm } };
  if (!nothingThere) patchVm(draft, vm.vm, { lateStartGeneration: activity.generation });
  const isGone = nothingThere && !isActiveHere(draft, vm.vm);
  enter(draft, vm, undoing, isGone ? 'endFailed' : 'undo');
}

/** The definition on the store can't be had. One that is defined here is older, but better than no VM at all. */
function useOlderDefinition(draft: Draft, vm: ProtectedVm, activity: StartActivity, failure: Failure): void {
  if (!draft.domains.has(vm.vm)) return blame(draft, vm, activity, failure);
  tell(draft, {
    code: 'definition.older-used',
    level: 'alarm',
    vm: vm.name,
    text: `The newest definition of ${vm.name} can't be read (${failure.message}). It is started from the older copy on ${draft.setup.hostName}.`,
    facts: { failure: failure.code },
  });
  enter(draft, vm, activity, 'beginStart');
}
