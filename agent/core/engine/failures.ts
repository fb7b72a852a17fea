import type { ProtectedVm } from '../../protocol/group.ts';
import { nextHost, slotsGoingDown } from './candidates.ts';
import { type Draft, freshView, hostName, patchVm, tell, vmState } from './state.ts';

/** The first restart is immediate; each further one within the window waits this much longer. */
const RESTART_PAUSE_MS = 2000;
const LONGEST_RESTART_PAUSE_MS = 10_000;
/** After every host has failed: a minute, doubled each round, so that a broken VM neither rots nor thrashes. */
const GIVEN_UP_PAUSE_MS = 60_000;
const LONGEST_GIVEN_UP_PAUSE_MS = 900_000;

/**
 * The VM went down by itself, or could not be started, on this host that holds its token. Decides what is next: again
 * here, over to another host, or a pause when all have failed.
 */
export function recordFailure(draft: Draft, vm: ProtectedVm): void {
  const state = vmState(draft, vm.vm);
  const recent = state.failuresMs.filter((atMs) => draft.nowMs - atMs < vm.policy.windowMs);
  const failuresMs = [...recent, draft.nowMs].slice(-(vm.policy.maxRestarts + 1));
  patchVm(draft, vm.vm, { failuresMs, ranAtGeneration: 0, runningSinceMs: null });
  if (failuresMs.length <= vm.policy.maxRestarts) {
    const pauseMs = Math.min((failuresMs.length - 1) * RESTART_PAUSE_MS, LONGEST_RESTART_PAUSE_MS);
    patchVm(draft, vm.vm, { retryAtMs: draft.nowMs + pauseMs });
    return;
  }
  leaveOrGiveUp(draft, vm);
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Hands the VM to the next host that has not failed; false: there is none. */
export function leave(draft: Draft, vm: ProtectedVm, failures: number): boolean {
  const state = vmState(draft, vm.vm);
  const failedOn = [...new Set([...(state.wanted?.note.failedOn ?? []), draft.setup.slot])];
  const view = freshView(draft, draft.nowMs);
  const to = view === null ? null : nextHost(view, vm, [...failedOn, ...slotsGoingDown(draft)]);
  if (to === null) return false;
  patchVm(draft, vm.vm, { handOver: { to, failedOn, reason: 'vm.handed-over' } });
  tell(draft, {
    code: 'vm.failed-here',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} failed ${times(failures)} on ${draft.setup.hostName}; it goes to ${hostName(draft, to)}.`,
    facts: { failures, to: hostName(draft, to) },
  });
  return true;
}

/** Whether another failure would still be answered by a restart on this host. */
export function mayRestartHere(draft: Draft, vm: ProtectedVm): boolean {
  const { failuresMs } = vmState(draft, vm.vm);
  const recent = failuresMs.filter((atMs) => draft.nowMs - atMs < vm.policy.windowMs);
  return recent.length < vm.policy.maxRestarts;
}

/** This host will not run the VM: hand it to the next one that has not failed, or pause. */
function leaveOrGiveUp(draft: Draft, vm: ProtectedVm): void {
  const state = vmState(draft, vm.vm);
  if (leave(draft, vm, state.failuresMs.length)) return;
  const pauseMs = Math.min(GIVEN_UP_PAUSE_MS * 2 ** state.givenUp, LONGEST_GIVEN_UP_PAUSE_MS);
  const wanted = state.wanted && {
    ...state.wanted,
    note: { ...state.wanted.note, failedOn: [], reason: 'vm.gave-up' },
  };
  patchVm(draft, vm.vm, {
    wanted,
    failuresMs: [],
    givenUp: state.givenUp + 1,
    retryAtMs: draft.nowMs + pauseMs,
  });
  tell(draft, {
    code: 'vm.gave-up',
    level: 'alarm',
    vm: vm.name,
    text: `${vm.name} could not be kept running on any host. The next attempt is in ${Math.round(pauseMs / 1000)} s; "understudy start ${vm.name}" tries at once.`,
    facts: { pauseMs, rounds: state.givenUp + 1 },
  });
}

/** The VM has run well for its policy's window: earlier failures no longer count. */
export function forgetFailures(draft: Draft, vm: ProtectedVm): void {
  const state = vmState(draft, vm.vm);
  const note = state.wanted?.note;
  const isClean =
    state.failuresMs.length === 0 &&
    state.givenUp === 0 &&
    note?.restarts === 0 &&
    note.failedOn.length === 0;
  if (isClean || state.wanted === null) return;
  patchVm(draft, vm.vm, {
    failuresMs: [],
    givenUp: 0,
    wanted: { ...state.wanted, note: { ...state.wanted.note, restarts: 0, failedOn: [] } },
  });
}
