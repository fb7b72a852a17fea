import type { DomainDescription, HostPlaces } from '../../../agent/core/engine/description.ts';
import type { Vm } from './guests.ts';

/** What libvirt says of a VM whose disk is on the store and written as its `drain` says. */
export function describeVm(vm: Vm): { description: DomainDescription; places: HostPlaces } {
  const isBlock = vm.drain === 'exit-waits';
  return {
    description: {
      vm: vm.uuid,
      name: vm.name,
      memoryMiB: MEMORY_MIB,
      machine: 'pc-q35-7.2',
      emulator: '/usr/bin/qemu-system-x86_64',
      cpuMode: 'host-model',
      autostart: false,
      disks: [
        {
          target: 'vda',
          device: 'disk',
          source: isBlock ? 'block' : 'file',
          path: isBlock ? `/dev/store/${vm.name}` : `/store/${vm.name}.raw`,
          cache: 'none',
          io: isBlock ? 'native' : 'threads',
          readOnly: false,
          placement: 'store',
        },
      ],
      interfaces: [{ type: 'bridge', source: 'br0' }],
      hostDevices: [],
      hasHeartbeat: true,
      hasSnapshots: false,
    },
    places: { bridges: ['br0'], networks: ['default'] },
  };
}

export const MEMORY_MIB = 1024;
