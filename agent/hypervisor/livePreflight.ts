import { checkDomain, lackingPlaces } from '../core/engine/checks.ts';
import type { DomainDescription, HostPlaces } from '../core/engine/description.ts';
import type { Failure } from '../protocol/failure.ts';

/**
 * What would stop a live move, named before anything is begun: libvirt finds the same things, one at a time, late, and in
 * its own words. Pure; `libvirtPreflight.ts` asks libvirt.
 */

/** What a host has for a guest that runs elsewhere; null in a field: nothing speaks against it, or nobody can tell. */
export interface TargetFacts {
  /** libvirt's word for why its emulator can't be used there. */
  readonly emulatorProblem: string | null;
  readonly machineProblem: string | null;
  readonly cpu: 'fits' | 'differs' | null;
  readonly places: HostPlaces;
}

/** Of a host's own, and of no matter for a guest that leaves it. */
const NOT_OF_A_MOVE = new Set(['vm.bridge-missing', 'vm.network-missing', 'vm.cache-mode', 'vm.io-mode']);

/** As the host sees it that the guest is to leave. */
export function againstLeaving(running: DomainDescription, places: HostPlaces): readonly Failure[] {
  const found = checkDomain(running, places)
    .filter(({ blocking, failure }) => blocking && !NOT_OF_A_MOVE.has(failure.code))
    .map(({ failure }) => failure);
  if (!running.hasSnapshots) return found;
  return [
    ...found,
    {
      code: 'vm.snapshots-stay',
      message: `libvirt keeps snapshots of ${running.name}, and moves no running VM that has some.`,
      fix: `Delete them ("virsh snapshot-list ${running.name}"), or shut it down and start it there.`,
    },
  ];
}

/** As the host sees it that the guest is to go to. */
export function againstArriving(
  running: DomainDescription,
  host: string,
  { emulatorProblem, machineProblem, cpu, places }: TargetFacts,
): readonly Failure[] {
  const { name, emulator, machine } = running;
  const found: Failure[] = [];
  if (emulatorProblem !== null) {
    found.push({
      code: 'vm.emulator-not-there',
      message: `${host} can't run ${emulator}, with which ${name} runs: ${emulatorProblem}.`,
      fix: `Install the same QEMU on ${host}.`,
    });
  } else if (machineProblem !== null) {
    found.push({
      code: 'vm.machine-not-there',
      message: `The QEMU of ${host} does not know the machine type ${machine} of ${name}: ${machineProblem}.`,
      fix: `Update QEMU on ${host}, or shut ${name} down and start it there with an older machine type.`,
    });
  }
  if (cpu === 'differs') {
    found.push({
      code: 'vm.cpu-not-there',
      message: `The processor of ${host} lacks something that ${name} was given when it was started.`,
      meaning: 'A running guest can not be told that its processor has changed.',
      fix: `Shut it down and start it there; or give ${name} a CPU model that all hosts have.`,
    });
  }
  for (const { type, source } of lackingPlaces(running.interfaces, places)) {
    found.push({
      code: type === 'bridge' ? 'vm.bridge-not-there' : 'vm.network-not-there',
      message: `${name} uses the ${type} "${source}", which is not on ${host}${type === 'network' ? ', or not started' : ''}.`,
      fix: `Create ${type === 'network' ? 'and start ' : ''}it on ${host}.`,
    });
  }
  for (const { target, path, source, placement } of running.disks) {
    if (source === 'empty' || (placement !== 'local' && placement !== 'missing')) continue;
    found.push({
      code: 'vm.disk-not-there',
      message: `On ${host}, ${path} (${target} of ${name}) is not on storage that the hosts share.`,
      fix: `Mount the store on ${host} in the same place.`,
    });
  }
  return found;
}
