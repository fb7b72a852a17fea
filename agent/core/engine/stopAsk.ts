import type { ProtectedVm } from '../../protocol/group.ts';
import { MOVED_LIVE } from '../../protocol/store.ts';
import type { StopActivity, StopStep } from './activity.ts';
import { withPlace, withReturn } from './notes.ts';
import { askDefinitions, askHypervisor, askKeeper, type Draft, vmState } from './state.ts';

/** How long each step may take; `waitOff` has the policy's time, and for the others their way back is below. */
export const STOP_DEADLINES_MS: { readonly [step in StopStep]: number } = {
  note: 20_000,
  shutdown: 35_000,
  waitOff: 3_600_000,
  kill: 30_000,
  destroy: 95_000,
  waitGone: 30_000,
  publish: 20_000,
  release: 30_000,
  awaitTaker: 20_000,
};

/** What each step asks of the host's other parts; null: it waits for facts. */
export function askStop(
  draft: Draft,
  vm: ProtectedVm,
  activity: StopActivity,
  step: StopStep,
  deadlineMs: number,
): number | null {
  const { wanted } = vmState(draft, vm.vm);
  switch (step) {
    case 'shutdown':
      return askHypervisor(draft, { kind: 'shutdown', vm: vm.vm }, deadlineMs);
    case 'kill':
      return askKeeper(draft, { kind: 'stop', token: vm.token, generation: activity.generation }, deadlineMs);
    case 'destroy':
      return askHypervisor(draft, { kind: 'destroy', vm: vm.vm }, deadlineMs);
    case 'publish':
      return askDefinitions(
        draft,
        { kind: 'publish', vm: vm.vm, token: vm.token, current: wanted?.note.definition ?? null },
        deadlineMs,
      );
    case 'release': {
      if (!wanted) return null;
      const { to, failedOn, comesBack } = activity;
      const reason = activity.isLive ? MOVED_LIVE : activity.reason;
      const released = { ...wanted.note, released: true, releasedTo: to, failedOn: [...failedOn], reason };
      const isAsked = activity.cause === 'switchover' && activity.command !== null;
      const note = withPlace(withReturn(released, comesBack), isAsked);
      // A guest that shut down, or has moved, had its writes through; for any other end the keeper looks for evidence itself.
      const fact = draft.domains.get(vm.vm);
      const word = activity.isLive ? 'migrated' : 'clean';
      const ended =
        fact?.state === 'stopped' && fact.reason === (activity.isLive ? 'migrated' : 'shutdown')
          ? word
          : 'unknown';
      return askKeeper(draft, { kind: 'release', token: vm.token, note, ended }, deadlineMs);
    }
    case 'note':
    case 'waitOff':
    case 'waitGone':
    case 'awaitTaker':
      return null;
  }
}
