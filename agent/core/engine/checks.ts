import type { DrainMethod } from '../../protocol/group.ts';
import type { Failure } from '../../protocol/failure.ts';
import type {
  DiskDescription,
  DomainDescription,
  HostPlaces,
  InterfaceDescription,
  NetworkGap,
} from './description.ts';
import type { Finding } from './types.ts';

/** Cache modes under which a finished write is on the store, not in this host's memory (docs/safety.md, rule 8). */
const SAFE_CACHES = new Set(['none', 'directsync']);
/** QEMU's default is a pool of threads. io_uring requests can outlive the process that asked for them. */
const SAFE_IO = new Set(['', 'threads', 'native']);

/** Programs that the keeper takes for VMs (agent/keeper/hostProcesses.ts looks for the same names). */
const EMULATOR_NAME = /qemu|kvm/;

/** Everything that speaks against protecting the VM, as its definition and this host are now. */
export function checkDomain(vm: DomainDescription, places: HostPlaces): readonly Finding[] {
  return [
    ...vm.disks.flatMap((disk) => checkDisk(vm, disk)),
    ...checkDevices(vm),
    ...checkNetworks(vm, places),
    ...checkMachine(vm),
  ];
}

/** How the VM's writes are proven to be over. For disks of a VM that `checkDomain` does not block. */
export function drainMethod(vm: DomainDescription): DrainMethod {
  const written = vm.disks.filter((disk) => !disk.readOnly && disk.source !== 'empty');
  // Linux AIO: the process can't be gone while the kernel still works on its requests. Threads: a thread that is
  // seen stopped is inside no write. Stopped threads and a process that is gone cover both. The end of the process
  // alone suffices only on block devices: even with io=native QEMU discards and writes zeroes from threads, and on
  // NFS such a call can be left behind by a process that goes.
  const waitOnExit = (disk: DiskDescription): boolean => disk.io === 'native' && disk.source === 'block';
  return written.length > 0 && written.every(waitOnExit) ? 'exit-waits' : 'threads-stopped';
}

const blocking = (failure: Failure): Finding => ({ failure, blocking: true });
const hint = (failure: Failure): Finding => ({ failure, blocking: false });

function checkDisk(vm: DomainDescription, disk: DiskDescription): Finding[] {
  const name = `${vm.name}'s ${disk.device} ${disk.target}`;
  if (disk.source === 'empty') return [];
  if (disk.device === 'cdrom' || disk.device === 'floppy') return checkMedium(name, disk);
  const found = checkPlace(name, disk);
  if (disk.readOnly) return found;
  if (!SAFE_CACHES.has(disk.cache)) {
    found.push(
      blocking({
        code: 'vm.cache-mode',
        message: `${name} uses the cache mode "${disk.cache === '' ? 'default' : disk.cache}".`,
        meaning:
          'Writes may wait in memory of this host and land after the VM runs elsewhere, or be lost with the host.',
        fix: `Set cache='none' in the disk's <driver> element ("virsh edit ${vm.name}"), then shut the VM down and start it.`,
      }),
    );
  }
  if (!SAFE_IO.has(disk.io)) {
    found.push(
      blocking({
        code: 'vm.io-mode',
        message: `${name} uses the I/O mode "${disk.io}".`,
        meaning: 'There is no proof that its writes are over when its process is gone.',
        fix: `Set io='threads' or io='native' in the disk's <driver> element ("virsh edit ${vm.name}"), then restart the VM.`,
      }),
    );
  }
  return found;
}

function checkMedium(name: string, disk: DiskDescription): Finding[] {
  if (disk.placement === 'store' || disk.placement === 'shared') return [];
  return [
    blocking({
      code: 'vm.local-medium',
      message: `${name} holds ${disk.path}, which is on this host only.`,
      meaning: 'The VM could not start on the other host.',
      fix: `Eject it ("virsh change-media ... --eject --config"), or put the file on the store.`,
    }),
  ];
}

function checkPlace(name: string, disk: DiskDescription): Finding[] {
  if (disk.placement === 'store' || disk.placement === 'shared') return [];
  if (disk.source === 'network') {
    return [
      hint({
        code: 'vm.network-disk',
        message: `${name} is a network disk (${disk.path}): whether every host reaches it is not checked.`,
      }),
    ];
  }
  const where =
    disk.placement === 'missing' ? 'does not exist here' : 'is not on storage that the hosts share';
  return [
    blocking({
      code: disk.placement === 'missing' ? 'vm.disk-missing' : 'vm.local-disk',
      message: `${name} is ${disk.path === '' ? 'of a kind that can not be judged' : disk.path}, which ${where}.`,
      meaning: 'The other host could not run the VM with its data.',
      fix: 'Move the disk to the shared store ("virsh blockcopy ... --pivot", or a copy while the VM is off).',
    }),
  ];
}

function checkDevices(vm: DomainDescription): Finding[] {
  const found = vm.hostDevices.map((kind) =>
    blocking({
      code: 'vm.host-device',
      message: `${vm.name} has a device of this host (${kind}).`,
      meaning: 'The other host does not have this device.',
      fix: 'Take the device out of the VM, or replace it by an emulated one.',
    }),
  );
  if (vm.hasSnapshots) {
    found.push(
      hint({
        code: 'vm.snapshots',
        message: `libvirt keeps snapshots of ${vm.name} on this host; the list of them does not move with the VM.`,
      }),
    );
  }
  return found;
}

function checkNetworks(vm: DomainDescription, places: HostPlaces): Finding[] {
  return vm.interfaces.flatMap((one) => {
    if (one.type === 'other') {
      return [
        hint({
          code: 'vm.interface-kind',
          message: `${vm.name} has a network interface that is neither on a bridge nor on a libvirt network.`,
        }),
      ];
    }
    if (lackingPlaces([one], places).length === 0) return [];
    return [
      blocking({
        code: one.type === 'bridge' ? 'vm.bridge-missing' : 'vm.network-missing',
        message: `${vm.name} uses the ${one.type} "${one.source}", which is not on this host.`,
        fix: `Create the ${one.type} "${one.source}" on every host of the group.`,
      }),
    ];
  });
}

/** Which of the places that the interfaces name are not there, each once. */
export function lackingPlaces(
  interfaces: readonly InterfaceDescription[],
  places: HostPlaces,
): readonly Omit<NetworkGap, 'vm'>[] {
  const lacking = interfaces.flatMap(({ type, source }) => {
    if (type === 'other') return [];
    const known = type === 'bridge' ? places.bridges : places.networks;
    return known.includes(source) ? [] : [{ type, source }];
  });
  return lacking.filter(
    (one, index) =>
      lacking.findIndex(({ type, source }) => type === one.type && source === one.source) === index,
  );
}

function checkMachine(vm: DomainDescription): Finding[] {
  const found: Finding[] = [];
  if (!EMULATOR_NAME.test(vm.emulator.slice(vm.emulator.lastIndexOf('/') + 1))) {
    found.push(
      blocking({
        code: 'vm.emulator-name',
        message: `${vm.name} is run by ${vm.emulator}, which the keeper would not know for a VM.`,
        meaning:
          'The keeper finds VMs by the names of their processes; one that it can not see it can not stop.',
        fix: `Use an emulator whose name contains "qemu" or "kvm" ("virsh edit ${vm.name}").`,
      }),
    );
  }
  if (vm.cpuMode === 'host-passthrough' || vm.cpuMode === 'maximum') {
    found.push(
      hint({
        code: 'vm.cpu-of-host',
        message: `${vm.name} sees the CPU of its host as it is (${vm.cpuMode}): after a takeover the guest may find another one.`,
        fix: 'Choose a CPU model that all hosts have, if the guest or its licences mind.',
      }),
    );
  }
  if (vm.memoryMiB < 1) {
    found.push(blocking({ code: 'vm.memory', message: `${vm.name} has no memory size that could be read.` }));
  }
  return found;
}
