import { checkDomain } from '../../../agent/core/engine/checks.ts';
import type { Finding } from '../../../agent/core/engine/types.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import { type HostVms, type ListedVm, placesOf } from './listVms.ts';
import { type VmFix, vmFixes } from './fixes.ts';

/** Why a VM can't be protected yet (`blocking`), or less well. The agent looks again when it is asked to protect. */
export interface VmReason {
  readonly failure: Failure;
  readonly blocking: boolean;
  readonly fix: VmFix | null;
}

export interface GroupVms {
  readonly hosts: readonly HostVms[];
  /** Processor model by host; hosts that differ can't pass a VM that sees the host's own. */
  readonly cpuModels: ReadonlyMap<string, string>;
  /** Where the group's store has room for disks; null: it is a LUN. */
  readonly storeFolder: string | null;
}

/** All reasons of one VM: of its own host as its agent would give them, and what the other hosts lack. Pure. */
export function vmReasons(vm: ListedVm, own: HostVms, group: GroupVms): readonly VmReason[] {
  const found = [
    ...checkDomain(vm.description, placesOf(own))
      .filter(({ failure }) => failure.code !== 'vm.cpu-of-host' || cpusDiffer(group))
      .map((found) => (isStopped(vm, own, found.failure) ? notStarted(found, own) : found)),
    ...group.hosts.filter((host) => host !== own).flatMap((host) => missingOn(vm, host)),
  ];
  const fixes = vmFixes(vm, own, group);
  return found.map(({ failure, blocking }) => ({
    failure: advised(vm, group, failure),
    blocking,
    fix: fixes.find((fix) => fix.answers(failure)) ?? null,
  }));
}

/** What to do about a local disk from here, where the host's own advice is for its command line. */
function advised(vm: ListedVm, { storeFolder }: GroupVms, failure: Failure): Failure {
  if (failure.code !== 'vm.local-disk' || storeFolder === null) return failure;
  if (vm.description.hasSnapshots) return failure;
  const fix = vm.running
    ? `Shut ${vm.description.name} down and look again: its disk can then be moved from here. Without a pause: "virsh blockcopy ... --pivot".`
    : 'Move the disk to the shared store.';
  return { ...failure, fix };
}

const cpusDiffer = ({ cpuModels }: GroupVms): boolean => new Set(cpuModels.values()).size > 1;

/** Whether what the failure says to be missing is a network that is there and not started. */
function isStopped({ description }: ListedVm, host: HostVms, { code, message }: Failure): boolean {
  if (code !== 'vm.network-missing') return false;
  const named = description.interfaces.filter(({ source }) => message.includes(`"${source}"`));
  return named.some(({ type, source }) => type === 'network' && host.stoppedNetworks.includes(source));
}

function notStarted(found: Finding, { host }: HostVms): Finding {
  const { failure } = found;
  const message = failure.message.replace('which is not on this host', `which is not started on ${host}`);
  return { ...found, failure: { ...failure, message, fix: 'Start it there: virsh net-start.' } };
}

const THERE: ReadonlyMap<string, string> = new Map([
  ['vm.bridge-missing', 'vm.bridge-missing-there'],
  ['vm.network-missing', 'vm.network-missing-there'],
]);

/** What the definition names and another host does not have. */
function missingOn(vm: ListedVm, other: HostVms): { failure: Failure; blocking: boolean }[] {
  const lacking = checkDomain(vm.description, placesOf(other)).flatMap(({ failure }) => {
    const code = THERE.get(failure.code);
    if (code === undefined) return [];
    const lacks = isStopped(vm, other, failure)
      ? `which is not started on ${other.host}`
      : `which ${other.host} does not have`;
    const message = failure.message.replace('which is not on this host', lacks);
    const meaning = `The VM could not start on ${other.host}.`;
    return [{ failure: { ...failure, code, message, meaning, field: other.host }, blocking: true }];
  });
  const total = other.memoryTotalMiB;
  if (total === null || total >= vm.description.memoryMiB) return lacking;
  const message = `${vm.description.name} needs ${vm.description.memoryMiB} MiB; ${other.host} has ${total} MiB in all.`;
  const fix = 'Give the VM less memory, or leave that host out of its hosts.';
  const failure: Failure = { code: 'vm.too-large-there', message, fix, field: other.host };
  return [...lacking, { failure, blocking: false }];
}
