import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView, TokenView } from '../../protocol/keeperLink.ts';
import type { ReceiveActivity } from './activity.ts';
import { isEnding, isInMaintenance } from './candidates.ts';
import {
  askKeeper,
  configOf,
  type Draft,
  hostName,
  isActiveHere,
  patchVm,
  reply,
  tell,
  tokenOf,
  vmState,
} from './state.ts';
import type { OperationOutcome } from './types.ts';

/**
 * The target's side of a live switchover: the keeper is asked to expect the copy, and asked again as long as it is being
 * received. When the token is released to this host the copy is taken as the VM, by the flow that starts one.
 */

const DEADLINE_MS = 5000;
/** Well within the time after which the keeper expects the copy no longer. */
const AGAIN_AFTER_MS = 4000;
/** As long as the keeper goes on expecting a copy that it was asked to expect; what is refused for longer is gone. */
const EXPECTED_FOR_MS = 15_000;
const MIB_TO_SPARE = 64;

export interface ReceiveWish {
  readonly from: number;
  readonly generation: number;
  readonly digest: string | null;
}

/** Asked by the agent of the host that holds the VM. The answer tells it whether to begin. */
export function receive(
  draft: Draft,
  view: KeeperView,
  id: number,
  vm: ProtectedVm,
  wish: ReceiveWish,
): void {
  const token = tokenOf(draft, vm);
  const refusal = whyNotReceive(draft, view, vm, token, wish);
  if (refusal !== null) return reply(draft, id, { kind: 'failure', failure: refusal });
  const { from, generation } = wish;
  const operation = askKeeper(
    draft,
    { kind: 'expectIncoming', token: vm.token, generation, again: false },
    DEADLINE_MS,
  );
  const activity: ReceiveActivity = {
    kind: 'receive',
    step: 'expect',
    from,
    generation,
    command: id,
    sinceMs: draft.nowMs,
    stepSinceMs: draft.nowMs,
    expectedAtMs: draft.nowMs,
    deadlineMs: draft.nowMs + DEADLINE_MS,
    operation,
  };
  patchVm(draft, vm.vm, { activity });
}

function whyNotReceive(
  draft: Draft,
  view: KeeperView,
  vm: ProtectedVm,
  token: TokenView | undefined,
  { from, generation, digest }: ReceiveWish,
): Failure | null {
  const here = draft.setup.hostName;
  const fail = (code: string, message: string): Failure => ({ code, message });
  if (configOf(draft)?.disarmed === true) {
    return fail('group.disarmed', 'The group is disarmed: its agents move nothing.');
  }
  if (draft.goingDown !== null) {
    return fail('vm.target-going-down', `${here} is about to go down: it is given no VM.`);
  }
  if (!vm.hosts.includes(view.slot)) return fail('vm.no-such-target', `${here} may not run ${vm.name}.`);
  if (view.phase !== 'alive') {
    return fail(
      'vm.target-not-alive',
      `The keeper of ${here} is ${view.phase}: it can't be given ${vm.name}.`,
    );
  }
  if (isInMaintenance(view, view.slot)) {
    return fail('vm.target-in-maintenance', `${here} is in maintenance: it is given no VM.`);
  }
  if (token?.value?.holder !== from || token.generation !== generation || token.free) {
    return fail(
      'vm.not-its-holder',
      `${here} does not know ${hostName(draft, from)} as the holder of ${vm.name} yet.`,
    );
  }
  if (!draft.hypervisor.connected)
    return fail('hypervisor.lost', `The hypervisor of ${here} does not answer.`);
  if (vmState(draft, vm.vm).activity !== null || isActiveHere(draft, vm.vm)) {
    return fail('vm.busy', `Something is being done with ${vm.name} on ${here} already.`);
  }
  const known = draft.definitions.get(vm.vm);
  const isPlaced = digest !== null && known?.placed === digest && known.role === 'standby';
  if (!isPlaced || !draft.domains.has(vm.vm) || draft.background?.vm === vm.vm) {
    return fail(
      'vm.definition-not-placed',
      `${here} does not have the present definition of ${vm.name} yet.`,
    );
  }
  const freeMiB = draft.host?.freeMiB ?? null;
  if (freeMiB !== null && freeMiB < vm.memoryMiB + MIB_TO_SPARE) {
    return fail(
      'vm.no-memory-there',
      `${here} has ${freeMiB} MiB of memory left, and ${vm.name} needs ${vm.memoryMiB} MiB.`,
    );
  }
  return null;
}

export function advanceReceive(
  draft: Draft,
  vm: ProtectedVm,
  activity: ReceiveActivity,
  outcome: OperationOutcome | null,
): void {
  if (outcome?.kind === 'failed') return refused(draft, vm, activity, outcome.failure);
  if (outcome !== null) {
    if (activity.step === 'expect') {
      reply(draft, activity.command, {
        kind: 'text',
        text: `${draft.setup.hostName} is ready for ${vm.name}.`,
      });
    }
    return patchVm(draft, vm.vm, {
      activity: {
        ...activity,
        step: 'wait',
        operation: null,
        stepSinceMs: draft.nowMs,
        expectedAtMs: draft.nowMs,
      },
    });
  }
  const token = tokenOf(draft, vm);
  if (token?.free === true || token?.mine === true || (token?.generation ?? 0) > activity.generation) {
    return arrived(draft, vm, activity, token);
  }
  // The guest is still at its source: what would not be taken afterwards is not received either.
  const isUnwanted = isEnding(draft) || configOf(draft)?.disarmed === true;
  if (isUnwanted && activity.step === 'wait') return endReceive(draft, vm, activity);
  if (draft.nowMs - activity.stepSinceMs < AGAIN_AFTER_MS) return;
  const { generation } = activity;
  const operation = askKeeper(
    draft,
    { kind: 'expectIncoming', token: vm.token, generation, again: true },
    DEADLINE_MS,
  );
  const deadlineMs = draft.nowMs + DEADLINE_MS;
  patchVm(draft, vm.vm, { activity: { ...activity, operation, deadlineMs } });
}

/** The token moved on: to this host, and then the copy may be the VM; or otherwise, and then it is old. */
function arrived(
  draft: Draft,
  vm: ProtectedVm,
  activity: ReceiveActivity,
  token: TokenView | undefined,
): void {
  const isForMe =
    token?.free === true && token.note?.released === true && token.generation === activity.generation;
  if (!isForMe) return endReceive(draft, vm, activity);
  patchVm(draft, vm.vm, { activity: null, received: activity.generation, retryAtMs: draft.nowMs });
}

/** Asked again, the keeper also refuses when the token was just released, perhaps to this host: its next view shows that. */
function refused(draft: Draft, vm: ProtectedVm, activity: ReceiveActivity, failure: Failure): void {
  if (activity.step === 'wait' && draft.nowMs - activity.expectedAtMs < EXPECTED_FOR_MS) {
    return patchVm(draft, vm.vm, {
      activity: { ...activity, operation: null, stepSinceMs: draft.nowMs },
    });
  }
  if (activity.step === 'expect') reply(draft, activity.command, { kind: 'failure', failure });
  endReceive(draft, vm, activity);
}

/** Ends it; what there is of the copy is killed by the keeper, which has not let it run. */
export function endReceive(draft: Draft, vm: ProtectedVm, activity: ReceiveActivity): void {
  askKeeper(draft, { kind: 'endIncoming', token: vm.token }, DEADLINE_MS);
  patchVm(draft, vm.vm, { activity: null });
  tell(draft, {
    code: 'vm.receive-ended',
    level: 'info',
    vm: vm.name,
    text: `${draft.setup.hostName} does not receive ${vm.name} from ${hostName(draft, activity.from)} any more.`,
  });
}
