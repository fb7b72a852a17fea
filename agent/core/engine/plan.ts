import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import { isEnding } from './candidates.ts';
import { isApart } from './company.ts';
import { evacuate } from './planEvacuation.ts';
import { leaveTrouble } from './trouble.ts';
import { planFree } from './planFree.ts';
import { planHeld } from './planHeld.ts';
import { beginStart, type StartOptions } from './startFlow.ts';
import { mayStartNow } from './startGates.ts';
import { configOf, type Draft, freshView, tokenOf, vmState } from './state.ts';

/** Starts under way at once on one host: more would only slow each other down, on the store most of all. */
export const MAX_PARALLEL_STARTS = 2;

interface Wish {
  readonly vm: ProtectedVm;
  readonly options: StartOptions;
}

/** Looks at every VM that nothing is being done with, and begins what is due, in the order the policies give. */
export function plan(draft: Draft): void {
  const view = freshView(draft, draft.nowMs);
  const config = configOf(draft);
  if (view === null || config === null) return;
  const wishes: Wish[] = [];
  evacuate(draft, view, config);
  leaveTrouble(draft, view, config);
  for (const vm of config.vms) {
    const isBusy = isBeingPlaced(draft, vm) || draft.admin?.vm?.vm === vm.vm;
    if (isBusy || vmState(draft, vm.vm).activity !== null) continue;
    const token = tokenOf(draft, vm);
    if (!token) continue;
    const options = token.mine
      ? planHeld(draft, view, config, vm, token)
      : planFree(draft, view, config, vm, token);
    if (options === null || (isEnding(draft) && !arrives(options))) continue;
    // In a switchover its service goes on: what it needs is there, or was not needed.
    const isGated = options.thenStart && options.cause !== 'switchover';
    if (!isGated || mayStartNow(draft, view, config, vm)) wishes.push({ vm, options });
  }
  for (const { vm, options } of wishes) if (arrives(options)) beginStart(draft, vm, options);
  beginStarts(draft, config, wishes);
}

/**
 * It has been received and its guest stands still: the keeper keeps the copy for some seconds only, and continuing it is no
 * load. So it waits for nothing.
 */
const arrives = (options: StartOptions): boolean => options.isReceived === true;

function beginStarts(draft: Draft, config: GroupConfig, all: readonly Wish[]): void {
  const wishes = all.filter(({ options }) => !arrives(options));
  wishes.sort((a, b) => a.vm.policy.order - b.vm.policy.order || a.vm.token - b.vm.token);
  const isStarting = ({ vm }: ProtectedVm): boolean => {
    const { activity } = vmState(draft, vm);
    return activity?.kind === 'start' && !activity.isReceived;
  };
  let running = config.vms.filter(isStarting).length;
  const begun = all.filter(({ options }) => arrives(options)).map(({ vm }) => vm);
  for (const wish of wishes) {
    if (running >= MAX_PARALLEL_STARTS) return;
    // Two that want to be apart are not taken in one breath: the next look may leave the second to another host.
    const isTaken = wish.options.acquireWith !== null;
    if (isTaken && begun.some((other) => isApart(wish.vm, other))) continue;
    begun.push(wish.vm);
    beginStart(draft, wish.vm, wish.options);
    running += 1;
  }
}

/** Its files are being written here; a start now would read half of them. Publishing and fetching are no obstacle. */
function isBeingPlaced(draft: Draft, vm: ProtectedVm): boolean {
  const { background } = draft;
  if (background?.vm !== vm.vm) return false;
  return background.action.kind === 'place' || background.action.kind === 'forget';
}

/** VMs that are no longer in the configuration are none of the engine's business. */
export function forgetRemovedVms(draft: Draft): void {
  const config = configOf(draft);
  if (config === null) return;
  const known = new Set(config.vms.map((vm) => vm.vm));
  for (const vm of draft.vms.keys()) if (!known.has(vm)) draft.vms.delete(vm);
}
