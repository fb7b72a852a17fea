import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView, TokenView } from '../../protocol/keeperLink.ts';
import { beginAdmin } from './adminFlow.ts';
import { isEnding } from './candidates.ts';
import { beginGoingDown, stay } from './goingDown.ts';
import { isPausedByDisk, pausedByDisk, wantDesired } from './intent.ts';
import { firstNote, takenNote } from './notes.ts';
import { endReceive, receive } from './receiveFlow.ts';
import { beginStart } from './startFlow.ts';
import {
  configOf,
  type Draft,
  freshView,
  hostName,
  isActiveHere,
  patchVm,
  reply,
  tokenOf,
  vmState,
} from './state.ts';
import { beginStop } from './stopFlow.ts';
import { cancel, switchOver } from './switchover.ts';
import type { AdminCommand } from './types.ts';

/** Carries out, or begins, or refuses what the administrator asked. Each command gets exactly one reply. */
export function command(draft: Draft, id: number, wanted: AdminCommand): void {
  const view = freshView(draft, draft.nowMs);
  const config = configOf(draft);
  if (view === null || config === null) {
    return refuse(draft, id, {
      code: 'keeper.gone',
      message: `The keeper of ${draft.setup.hostName} does not answer, so nothing can be decided here.`,
      fix: 'Look at "systemctl status understudy-keeper".',
    });
  }
  switch (wanted.kind) {
    case 'protect':
    case 'unprotect':
    case 'checkVm':
    case 'profile':
    case 'policy':
    case 'disarm':
    case 'arm':
    case 'maintenance':
    case 'addHost':
    case 'removeHost':
    case 'replaceHost':
      return beginAdmin(draft, view, config, id, wanted);
    case 'goingDown':
      return beginGoingDown(draft, id, wanted.reason);
    case 'stay':
      return stay(draft, id);
    case 'switchover':
    case 'receive':
    case 'receiveEnd':
    case 'cancel':
    case 'vm.start':
    case 'vm.stop': {
      const vm = config.vms.find((one) => one.name === wanted.vm || one.vm === wanted.vm);
      const token = vm && tokenOf(draft, vm);
      if (!vm || !token) {
        return refuse(draft, id, {
          code: 'vm.not-protected',
          message: `${wanted.vm} is not a protected VM of this group.`,
        });
      }
      // What is to be stopped is under way: none of what would keep it from beginning counts.
      if (wanted.kind === 'cancel') return cancel(draft, id, vm);
      if (wanted.kind === 'receive') return receive(draft, view, id, vm, wanted);
      if (wanted.kind === 'receiveEnd') {
        const { activity } = vmState(draft, vm.vm);
        if (activity?.kind === 'receive' && activity.generation === wanted.generation)
          endReceive(draft, vm, activity);
        return reply(draft, id, {
          kind: 'text',
          text: `${draft.setup.hostName} does not wait for ${vm.name}.`,
        });
      }
      return vmCommand(draft, view, id, wanted, vm, token);
    }
  }
}

function vmCommand(
  draft: Draft,
  view: KeeperView,
  id: number,
  wanted: Extract<AdminCommand, { kind: 'switchover' | 'vm.start' | 'vm.stop' }>,
  vm: ProtectedVm,
  token: TokenView,
): void {
  const refusal = whyNot(draft, view, wanted, vm, token);
  if (refusal !== null) return refuse(draft, id, refusal);
  switch (wanted.kind) {
    case 'switchover':
      return switchOver(draft, view, id, vm, wanted.to, wanted.how ?? 'shutdown');
    case 'vm.start':
      return start(draft, id, vm, token);
    case 'vm.stop':
      return stop(draft, id, vm);
  }
}

function whyNot(
  draft: Draft,
  view: KeeperView,
  wanted: AdminCommand,
  vm: ProtectedVm,
  token: TokenView,
): Failure | null {
  if (configOf(draft)?.disarmed === true) {
    return { code: 'group.disarmed', message: 'The group is disarmed: its agents move nothing.' };
  }
  const mayTakeIt = wanted.kind === 'vm.start' && token.free;
  if (!token.mine && !mayTakeIt && token.value?.holder === view.slot) {
    return {
      code: 'keeper.settling',
      message: `${draft.setup.hostName} has begun anew and does not hold ${vm.name} now. It takes no VM before the other hosts have confirmed what they run.`,
      fix: 'Ask again in a minute.',
    };
  }
  if (!token.mine && !mayTakeIt) {
    const holder = hostName(draft, token.value?.holder);
    return {
      code: 'vm.held-elsewhere',
      message: `${vm.name} is held by ${holder}, not by ${draft.setup.hostName}.`,
      fix: `Ask ${holder}.`,
    };
  }
  if (view.phase !== 'alive') {
    return {
      code: 'keeper.not-alive',
      message: `The keeper of ${draft.setup.hostName} is ${view.phase}: it can't give a right now.`,
    };
  }
  if (!draft.hypervisor.connected) {
    return {
      code: 'hypervisor.lost',
      message: `The hypervisor of ${draft.setup.hostName} does not answer.`,
      fix: 'Look at "systemctl status libvirtd" (or virtqemud).',
    };
  }
  if (wanted.kind === 'vm.start' && isEnding(draft)) {
    return {
      code: 'host.going-down',
      message: `${draft.setup.hostName} is about to be shut down: nothing is started on it.`,
      fix: 'Start it on another host. If the shutdown was called off: understudy ups power-back',
    };
  }
  const { activity } = vmState(draft, vm.vm);
  if (wanted.kind !== 'vm.start' && isPausedByDisk(draft, vm)) return pausedByDisk(vm);
  // A start that is under way when its VM leaves the configuration would leave a paused guest behind.
  const isLeaving = draft.admin?.vm?.vm === vm.vm;
  if (isLeaving) return { code: 'vm.busy', message: `The protection of ${vm.name} is being changed.` };
  if (activity === null) return null;
  const doing = activity.kind === 'start' || activity.kind === 'stop' ? activity.cause : activity.kind;
  return {
    code: 'vm.busy',
    message: `Something is being done with ${vm.name} already (${doing}: ${activity.step}).`,
  };
}

function start(draft: Draft, id: number, vm: ProtectedVm, token: TokenView): void {
  if (isActiveHere(draft, vm.vm)) {
    if (token.mine) wantDesired(draft, vm, 'running', null);
    return reply(draft, id, { kind: 'text', text: `${vm.name} runs on ${draft.setup.hostName} already.` });
  }
  patchVm(draft, vm.vm, { failuresMs: [], givenUp: 0, retryAtMs: 0, handOver: null });
  if (token.mine) wantDesired(draft, vm, 'running', null);
  const note = takenNote(token.note ?? firstNote(0, 'running'), token.generation);
  const acquireWith = { ...note, desired: 'running' as const, failedOn: [] };
  beginStart(draft, vm, {
    cause: 'start',
    acquireWith: token.mine ? null : acquireWith,
    generation: token.generation,
    thenStart: true,
    fromOther: token.value !== null && token.value.holder !== draft.setup.slot,
    downSinceMs: null,
    command: id,
    why: 'the administrator asked for it',
  });
}

function stop(draft: Draft, id: number, vm: ProtectedVm): void {
  beginStop(draft, vm, { cause: 'stop', to: null, failedOn: [], reason: 'vm.stopped-by-admin', command: id });
}

function refuse(draft: Draft, id: number, failure: Failure): void {
  reply(draft, id, { kind: 'failure', failure });
}
