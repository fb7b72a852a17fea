import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';

/**
 * Which VMs like to be on one host, and which don't. It is a wish: it orders the hosts that may take a VM, and keeps no
 * VM down. Either side of a pair may name the other.
 */

export interface Around {
  /** VMs that this host is about to hold, which no view shows yet. */
  readonly begins: (vm: string) => boolean;
  readonly mayTake: (slot: number) => boolean;
}

const names = (vm: ProtectedVm, list: 'apart' | 'together', other: string): boolean =>
  vm.policy[list]?.includes(other) === true;

type Places = ReadonlyMap<string, number>;

const namesAny = ({ policy }: ProtectedVm): boolean =>
  policy.apart !== undefined || policy.together !== undefined;

/** How many wishes of the VM would be broken on this host. */
function misfits(vms: readonly ProtectedVm[], vm: ProtectedVm, slot: number, places: Places): number {
  let count = 0;
  for (const other of vms) {
    const place = places.get(other.vm);
    if (other.vm === vm.vm || place === undefined) continue;
    if (place === slot && isApart(vm, other)) count += 1;
    const isTogether = names(vm, 'together', other.vm) || names(other, 'together', vm.vm);
    if (place !== slot && isTogether) count += 1;
  }
  return count;
}

function sorted(
  vms: readonly ProtectedVm[],
  vm: ProtectedVm,
  slots: readonly number[],
  places: Places,
): readonly number[] {
  const rated = slots.map((slot) => ({ slot, count: misfits(vms, vm, slot, places) }));
  return rated.toSorted((a, b) => a.count - b.count).map(({ slot }) => slot);
}

/** Who holds each VM; of those that are free, and whose turn is before this one's, who is expected to. */
function placesBefore(view: KeeperView, vm: ProtectedVm, around: Around): Places {
  const vms = view.config?.vms ?? [];
  const places = new Map<string, number>();
  const free: ProtectedVm[] = [];
  for (const other of vms) {
    const token = view.tokens.find((one) => one.token === other.token);
    if (around.begins(other.vm)) places.set(other.vm, view.slot);
    else if (token?.value != null && !token.free) places.set(other.vm, token.value.holder);
    else if (token?.note?.desired === 'running') free.push(other);
  }
  free.sort((a, b) => a.policy.order - b.policy.order || a.token - b.token);
  for (const other of free) {
    if (other.vm === vm.vm) break;
    const place = sorted(vms, other, other.hosts.filter(around.mayTake), places)[0];
    if (place !== undefined) places.set(other.vm, place);
  }
  return places;
}

/** The hosts, those that suit the VM's company first; otherwise in their order. */
export function byCompany(
  view: KeeperView,
  vm: ProtectedVm,
  slots: readonly number[],
  around: Around,
): readonly number[] {
  const vms = view.config?.vms ?? [];
  return vms.some(namesAny) ? sorted(vms, vm, slots, placesBefore(view, vm, around)) : slots;
}

/** Whether the VM would rather not be where that other one is. */
export const isApart = (vm: ProtectedVm, other: ProtectedVm): boolean =>
  names(vm, 'apart', other.vm) || names(other, 'apart', vm.vm);

/** Wishes that can't both come true: VMs kept together, directly or through others, and apart. null: there are none. */
export function companyFault(config: GroupConfig): Failure | null {
  const circle = new Map(config.vms.map((vm) => [vm.vm, vm.vm]));
  for (const vm of config.vms) {
    for (const other of vm.policy.together ?? []) {
      const [from, to] = [circle.get(other), circle.get(vm.vm)];
      if (from === undefined || to === undefined) continue;
      for (const [key, value] of circle) if (value === from) circle.set(key, to);
    }
  }
  for (const vm of config.vms) {
    for (const uuid of vm.policy.apart ?? []) {
      const other = config.vms.find((one) => one.vm === uuid);
      if (other === undefined || circle.get(vm.vm) !== circle.get(uuid)) continue;
      return {
        code: 'vm.company-conflict',
        message: `${vm.name} and ${other.name} would have to be on one host and on two.`,
        fix: 'Take them out of one of the lists.',
        field: 'policy.apart',
      };
    }
  }
  return null;
}
