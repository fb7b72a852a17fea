import type { DailyGroup, HostMaintenance, PauseView, VmDetail } from '../../ipc/daily/views.ts';
import type { VmView } from '../../ipc/views.ts';
import { count, listed } from '../../ipc/words.ts';
import { type GroupFacts, hostOf, type PauseNow } from './facts.ts';
import { ifHostDied } from './ifHostDied.ts';
import { targetsOf } from './targets.ts';

/** One group for the pages of every day. Pure. */
export function dailyGroup(facts: GroupFacts): DailyGroup {
  const { view, pauses } = facts;
  const disarmed = pauses.find(({ host }) => host === null);
  return {
    groupId: view.id,
    ifHostDied: ifHostDied(facts),
    disarmed: !view.disarmed
      ? null
      : disarmed === undefined
        ? { until: null, endsInMs: null }
        : pauseView(disarmed),
    maintenance: pauses.flatMap((pause) =>
      pause.host === null ? [] : [maintenanceOf(facts, pause, pause.host)],
    ),
    vms: view.vms.map((vm) => vmDetail(facts, vm)),
  };
}

const pauseView = ({ endsInMs, untilWallMs }: PauseNow): PauseView => ({
  endsInMs,
  until: untilWallMs === null ? null : new Date(untilWallMs).toISOString(),
});

function maintenanceOf(facts: GroupFacts, pause: PauseNow, host: string): HostMaintenance {
  const left = facts.view.vms.filter((vm) => hostOf(vm) === host);
  const vmsLeft = left.map(({ name }) => name);
  const own = facts.statuses.get(host);
  const stuck = (own?.vms ?? []).flatMap(({ name, staysBecause }) =>
    staysBecause && vmsLeft.includes(name) ? [staysBecause.message] : [],
  );
  const isKnown = own !== undefined || left.length > 0;
  const state =
    left.length === 0
      ? facts.statuses.size === 0
        ? 'not-known'
        : 'held'
      : !isKnown
        ? 'not-known'
        : stuck.length > 0
          ? 'stuck'
          : 'moving';
  const sentences: Record<HostMaintenance['state'], string> = {
    held: `${host} is in maintenance: it runs no protected VM and takes none.`,
    moving: `${host} is in maintenance: ${vmsLeft.length > 3 ? count(vmsLeft.length, 'VM') : listed(vmsLeft)} still to leave.`,
    stuck: `${host} is in maintenance, but not empty: ${stuck[0] ?? ''}`,
    'not-known': `${host} is in maintenance. What it runs is not known now.`,
  };
  return { ...pauseView(pause), host, state, vmsLeft, sentence: sentences[state] };
}

function vmDetail(facts: GroupFacts, vm: VmView): VmDetail {
  const isUp = vm.place.kind !== 'stopped' && vm.place.kind !== 'waiting' && vm.place.kind !== 'not-known';
  const busy = vm.activity === null ? null : `Something is being done with ${vm.name} already.`;
  const disarmed = facts.view.disarmed ? 'The group is disarmed: arm it first.' : null;
  return {
    vmId: vm.id,
    definition: vm.hosts.map((host) => ({
      host,
      inSync: facts.statuses.get(host)?.vms.find((each) => each.vm === vm.id)?.definitionInSync ?? null,
    })),
    lastStartMs: facts.startMs.get(vm.name) ?? null,
    targets: targetsOf(facts, vm),
    startRefused: isUp ? `${vm.name} runs already.` : (busy ?? disarmed),
    stopRefused: isUp ? (busy ?? disarmed) : `${vm.name} does not run.`,
  };
}
