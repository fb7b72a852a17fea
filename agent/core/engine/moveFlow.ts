import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { MoveActivity, SwitchoverHow } from './activity.ts';
import { evacuationFailed } from './evacuation.ts';
import {
  askDefinitions,
  askHypervisor,
  type Draft,
  hostName,
  incidentOf,
  isActiveHere,
  patchVm,
  reply,
  tell,
  tokenOf,
  vmState,
} from './state.ts';
import { isOff } from './stopFacts.ts';
import { afterMove, beginStop } from './stopFlow.ts';
import type { OperationOutcome } from './types.ts';

/**
 * The source's side of a live switchover. The token stays here, and with it the right to run, until libvirt says that the
 * guest's memory has arrived and its QEMU here has ended; from then on it goes as after a shutdown.
 */

/**
 * A transfer that takes longer is cancelled by the adapter; this only bounds the wait for its word. More than the sum of
 * the adapter's own deadlines, 60 minutes of transfer and about nine for all the steps around it: a move that is still under
 * way must not be taken for one that has ended.
 */
const MOVE_DEADLINE_MS = 75 * 60_000;
const PUBLISH_DEADLINE_MS = 20_000;
/** The target first fetches a definition that has just been published. */
const NOT_PLACED = 'vm.definition-not-placed';
const PLACE_PATIENCE_MS = 30_000;
const RETRY_MS = 1000;
/** What libvirt does with a guest whose move broke off shows within this time. */
const SETTLE_MS = 2000;

export interface MoveOptions {
  readonly to: number;
  readonly command: number | null;
  readonly reason: string;
  readonly comesBack: SwitchoverHow | null;
  /** When it can't be moved live it is shut down here and started there. */
  readonly orShutDown: boolean;
}

export function beginMove(draft: Draft, vm: ProtectedVm, options: MoveOptions): void {
  const generation = tokenOf(draft, vm)?.generation ?? 0;
  const current = vmState(draft, vm.vm).wanted?.note.definition ?? null;
  const activity: MoveActivity = {
    kind: 'move',
    ...options,
    generation,
    incident: incidentOf(draft, vm),
    step: 'publish',
    sinceMs: draft.nowMs,
    stepSinceMs: draft.nowMs,
    deadlineMs: draft.nowMs + PUBLISH_DEADLINE_MS,
    isCancelled: false,
    operation: askDefinitions(
      draft,
      { kind: 'publish', vm: vm.vm, token: vm.token, current },
      PUBLISH_DEADLINE_MS,
    ),
  };
  patchVm(draft, vm.vm, { activity, moving: generation, said: [] });
}

export function advanceMove(
  draft: Draft,
  vm: ProtectedVm,
  activity: MoveActivity,
  outcome: OperationOutcome | null,
): void {
  if (outcome === null) {
    if (activity.isCancelled) end(draft, vm, activity, CANCELLED);
    else if (draft.nowMs - activity.stepSinceMs >= RETRY_MS) migrate(draft, vm, activity);
    return;
  }
  if (activity.step === 'publish') {
    const { wanted } = vmState(draft, vm.vm);
    if (wanted && outcome.kind === 'done' && outcome.value.kind === 'digest') {
      const note = { ...wanted.note, definition: outcome.value.digest };
      patchVm(draft, vm.vm, { wanted: { ...wanted, note } });
    }
    if (activity.isCancelled) return end(draft, vm, activity, CANCELLED);
    return migrate(draft, vm, activity);
  }
  if (outcome.kind === 'done') return afterMove(draft, vm, activity);
  const { failure } = outcome;
  const mayWait = draft.nowMs - activity.sinceMs < PLACE_PATIENCE_MS && !activity.isCancelled;
  if (failure.code === NOT_PLACED && mayWait) {
    return patchVm(draft, vm.vm, {
      activity: { ...activity, operation: null, stepSinceMs: draft.nowMs },
    });
  }
  end(draft, vm, activity, activity.isCancelled ? CANCELLED : failure);
}

const CANCELLED: Failure = { code: 'vm.switchover-cancelled', message: 'it was stopped as asked.' };

function migrate(draft: Draft, vm: ProtectedVm, activity: MoveActivity): void {
  const { to, generation } = activity;
  const digest = vmState(draft, vm.vm).wanted?.note.definition ?? null;
  const mebibytesPerSecond = vm.policy.liveMebibytesPerSecond ?? null;
  const action = { kind: 'migrate', vm: vm.vm, to, generation, digest, mebibytesPerSecond } as const;
  const operation = askHypervisor(draft, action, MOVE_DEADLINE_MS);
  patchVm(draft, vm.vm, {
    activity: {
      ...activity,
      step: 'migrate',
      stepSinceMs: draft.nowMs,
      deadlineMs: draft.nowMs + MOVE_DEADLINE_MS,
      operation,
    },
  });
}

/**
 * It was not moved: the token is still here, and so is the VM unless it went down by itself meanwhile. That a move was under
 * way is forgotten only when libvirt says that the VM runs: one whose confirmation was lost may end as migrated yet.
 */
function end(draft: Draft, vm: ProtectedVm, activity: MoveActivity, failure: Failure): void {
  const { to, command, reason, comesBack } = activity;
  const isHere = isActiveHere(draft, vm.vm) && !isOff(draft, vm);
  patchVm(draft, vm.vm, { activity: null, retryAtMs: draft.nowMs + SETTLE_MS });
  const isGivenUp = activity.isCancelled || !activity.orShutDown || !isHere;
  tell(draft, {
    code: 'vm.live-failed',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} was not moved live to ${hostName(draft, to)}: ${failure.message}${isGivenUp ? '' : ' It is shut down and started there instead.'}`,
    facts: {
      to: hostName(draft, to),
      failure: failure.code,
      incident: activity.incident,
      next: isGivenUp ? 'stays' : 'shutdown',
    },
  });
  if (!isGivenUp) {
    return beginStop(draft, vm, { cause: 'switchover', to, failedOn: [], reason, comesBack, command });
  }
  // Nobody asked for it now; who stopped it wants the VM to stay.
  if (command === null && !activity.isCancelled) evacuationFailed(draft, vm, failure);
  reply(draft, command, { kind: 'failure', failure });
}

/** Asks libvirt to end the transfer. It may be too late: then the guest arrives, and nothing is lost. */
export function cancelMove(draft: Draft, vm: ProtectedVm, activity: MoveActivity): void {
  if (activity.step === 'migrate' && activity.operation !== null) {
    askHypervisor(draft, { kind: 'cancelMigration', vm: vm.vm }, PUBLISH_DEADLINE_MS);
  }
  patchVm(draft, vm.vm, { activity: { ...activity, isCancelled: true } });
}
