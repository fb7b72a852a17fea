import { drillStepWords } from '../../../agent/protocol/drill.ts';
import { FailureError } from '../../../agent/protocol/failure.ts';
import type { HostDrills } from '../../ipc/daily/views.ts';
import type { VmView } from '../../ipc/views.ts';
import type { OpenGroup } from '../openGroup.ts';
import type { DailyHandlers } from './dailyApp.ts';

type DrillCall = 'vm.drills' | 'vm.drill' | 'vm.stopDrill' | 'vm.drillPicture';

/** Hosts that could be asked for a drill of the VM: those that may run it and do not hold it. */
const standbys = (vm: VmView): readonly string[] => vm.hosts.filter((name) => name !== vm.holder);

async function ofHost(group: OpenGroup, vm: VmView, host: string): Promise<HostDrills> {
  const nothing = { host, running: null, last: null };
  try {
    const { isPossible, running, reports } = await group.call(host, 'drill.show', {});
    if (!isPossible) {
      const message = `The hypervisor of ${host} has no drills.`;
      return { ...nothing, refused: { code: 'drill.not-here', message } };
    }
    return {
      host,
      refused: null,
      running:
        running === null
          ? null
          : { vmName: running.name, step: drillStepWords[running.step], ofThisVm: running.vm === vm.id },
      last: reports.find((one) => one.vm === vm.id) ?? null,
    };
  } catch (fault) {
    if (!(fault instanceof FailureError)) throw fault;
    return { ...nothing, refused: fault.failure };
  }
}

/** Rehearsals of a VM on its standbys. */
export function drillHandlers(groupOf: (groupId: string) => OpenGroup): Pick<DailyHandlers, DrillCall> {
  const found = (groupId: string, vmId: string) => {
    const group = groupOf(groupId);
    return { group, vm: group.vm(vmId) };
  };
  return {
    'vm.drills': async ({ groupId, vmId }) => {
      const { group, vm } = found(groupId, vmId);
      return Promise.all(standbys(vm).map((host) => ofHost(group, vm, host)));
    },
    'vm.drill': async ({ groupId, vmId, host }) => {
      const { group, vm } = found(groupId, vmId);
      await group.call(host, 'drill.begin', { vm: vm.name });
      return null;
    },
    'vm.stopDrill': async ({ groupId, vmId, host }) => {
      await found(groupId, vmId).group.call(host, 'drill.stop', {});
      return null;
    },
    'vm.drillPicture': async ({ groupId, vmId, host }) => {
      const { group, vm } = found(groupId, vmId);
      const { png, width, height } = await group.call(host, 'drill.picture', { vm: vm.name });
      const { reports } = await group.call(host, 'drill.show', {});
      const atWallMs = reports.find((one) => one.vm === vm.id)?.atWallMs ?? Date.now();
      const takenAt = new Date(atWallMs).toISOString();
      return { dataUrl: `data:image/png;base64,${png}`, width, height, host, takenAt };
    },
  };
}
