import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import type { Activity, StopStep, SwitchoverHow } from './activity.ts';
import { isInMaintenance, isUsableHost, nextHost, slotsGoingDown } from './candidates.ts';
import { MAX_EVACUATION_FAILURES } from './evacuation.ts';
import { beginMove, cancelMove } from './moveFlow.ts';
import { configOf, type Draft, hostName, patchVm, reply, tell, vmState } from './state.ts';
import { newVmState } from './vmState.ts';
import { abort } from './stopEnds.ts';
import { beginStop } from './stopFlow.ts';

/** Steps at which nothing is given up yet: the guest runs on, or is started again here. */
const STOPPABLE: ReadonlySet<StopStep> = new Set(['shutdown', 'waitOff', 'waitGone']);

/** Whether a switchover can still be stopped without harm. */
export function mayCancel(activity: Activity): boolean {
  if (activity.kind === 'move') return !activity.isCancelled;
  if (activity.kind === 'stop' && activity.isLive) return false;
  if (activity.kind !== 'stop' || activity.cause !== 'switchover') return false;
  // A request that libvirt still has could shut the guest down after it was started again, as if somebody wanted that.
  const isAsking =
    activity.askedAgain !== null || (activity.step === 'shutdown' && activity.operation !== null);
  return STOPPABLE.has(activity.step) && !isAsking;
}

/** Where a switchover would go, or why it can't. `to` null: the best host there is. */
function targetOf(draft: Draft, view: KeeperView, vm: ProtectedVm, to: string | null): number | Failure {
  const target =
    to === null
      ? nextHost(view, vm, [view.slot, ...slotsGoingDown(draft)])
      : (configOf(draft)?.hosts.find((host) => host.name === to)?.slot ?? -1);
  if (target === null || target === view.slot || !vm.hosts.includes(target)) {
    return {
      code: 'vm.no-such-target',
      message:
        target === null
          ? `No other host is ready to run ${vm.name}.`
          : `${to ?? ''} is not another host that may run ${vm.name}.`,
      ...(to === null ? {} : { field: 'to' }),
    };
  }
  if (!isUsableHost(view, target)) {
    return {
      code: 'vm.target-not-alive',
      message: `${hostName(draft, target)} does not renew its lease: it could not run ${vm.name}.`,
    };
  }
  if (slotsGoingDown(draft).includes(target)) {
    return {
      code: 'vm.target-going-down',
      message: `${hostName(draft, target)} is about to go down: it is given no VM.`,
    };
  }
  if (isInMaintenance(view, target)) {
    return {
      code: 'vm.target-in-maintenance',
      message: `${hostName(draft, target)} is in maintenance: it is given no VM.`,
      fix: `End it first: understudy maintenance off ${hostName(draft, target)}`,
    };
  }
  return target;
}

/** As asked by an administrator. */
export function switchOver(
  draft: Draft,
  view: KeeperView,
  id: number,
  vm: ProtectedVm,
  to: string | null,
  how: SwitchoverHow,
): void {
  const target = targetOf(draft, view, vm, to);
  if (typeof target !== 'number') return reply(draft, id, { kind: 'failure', failure: target });
  beginSwitchover(draft, vm, { to: target, command: id, why: 'as asked', reason: 'vm.switchover', how });
}

export function beginSwitchover(
  draft: Draft,
  vm: ProtectedVm,
  {
    to,
    command,
    why,
    reason,
    how = 'shutdown',
    comesBack = null,
  }: {
    readonly to: number | null;
    readonly command: number | null;
    readonly why: string;
    readonly reason: string;
    readonly how?: SwitchoverHow;
    readonly comesBack?: SwitchoverHow | null;
  },
): void {
  // A guest that does not run has nothing to move.
  const isLive = to !== null && how !== 'shutdown' && draft.domains.get(vm.vm)?.state === 'running';
  tell(draft, {
    code: 'vm.switchover-begun',
    level: 'notice',
    vm: vm.name,
    text:
      to === null
        ? `${vm.name} is shut down on ${draft.setup.hostName}, ${why}; no other host can take it now.`
        : `${vm.name} is moved from ${draft.setup.hostName} to ${hostName(draft, to)}${isLive ? ' while it runs' : ''}, ${why}.`,
    facts: { to: hostName(draft, to), reason },
  });
  const orShutDown = how === 'live-or-shutdown';
  if (isLive) beginMove(draft, vm, { to, command, reason, comesBack, orShutDown });
  else beginStop(draft, vm, { cause: 'switchover', to, failedOn: [], reason, comesBack, command });
}

/** What a maintenance began is not begun again after somebody has stopped it. */
function keepHere(draft: Draft, vm: ProtectedVm, { command }: { readonly command: number | null }): void {
  if (command !== null) return;
  const evacuation = { ...newVmState.evacuation, failures: MAX_EVACUATION_FAILURES };
  patchVm(draft, vm.vm, { evacuation });
}

/**
 * Stops a switchover before the token is given up. A guest that has been asked to shut down may still do so: it is
 * started again here, because the stop counts as this host's own doing until its time is up.
 */
export function cancel(draft: Draft, id: number, vm: ProtectedVm): void {
  const { activity } = vmState(draft, vm.vm);
  if (activity?.kind === 'move' && mayCancel(activity)) {
    keepHere(draft, vm, activity);
    cancelMove(draft, vm, activity);
    const text = `The switchover of ${vm.name} is being stopped: it stays on ${draft.setup.hostName}, unless it has just arrived.`;
    return reply(draft, id, { kind: 'text', text });
  }
  if (activity === null || activity.kind !== 'stop' || activity.cause !== 'switchover') {
    const message = `${vm.name} is not being switched over by ${draft.setup.hostName}.`;
    return reply(draft, id, { kind: 'failure', failure: { code: 'vm.no-switchover', message, field: 'vm' } });
  }
  if (!mayCancel(activity)) {
    const message = `${vm.name} is being given up already (${activity.step}): the switchover can't be stopped any more.`;
    const fix = 'Wait until it is over, then switch back.';
    return reply(draft, id, { kind: 'failure', failure: { code: 'vm.too-late-to-cancel', message, fix } });
  }
  keepHere(draft, vm, activity);
  abort(draft, vm, activity, { code: 'vm.switchover-cancelled', message: 'it was stopped as asked.' });
  const text = `The switchover of ${vm.name} is stopped: it stays on ${draft.setup.hostName}.`;
  reply(draft, id, { kind: 'text', text });
}
