import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { WatchdogState } from '../../../agent/protocol/timing.ts';
import { ifHostsFail, type PlannedVm } from '../../../agent/core/capacity.ts';
import { recovery } from '../../backend/vms/predict.ts';
import { type VmReason, vmReasons } from '../../backend/vms/reasons.ts';
import type { HostVms, ListedVm } from '../../backend/vms/listVms.ts';
import type {
  IfHostFails,
  PairChoice,
  PairRow,
  PairsPrediction,
  RecoveryPrediction,
} from '../../ipc/setup/pairViews.ts';
import type { VmView } from '../../ipc/views.ts';
import { count, duration, listed } from '../../ipc/words.ts';

/** What the app sees of a group at this moment. */
export interface GroupSight {
  readonly hosts: readonly string[];
  readonly areaPath: string;
  /** Newest configuration that any host reports; null: none answers. */
  readonly config: GroupConfig | null;
  readonly vms: readonly VmView[];
  readonly watchdogs: ReadonlyMap<string, WatchdogState | null>;
}

export interface Listed {
  readonly hosts: readonly HostVms[];
  readonly cpuModels: ReadonlyMap<string, string>;
  readonly storeFolder: string | null;
}

export const reasonsOf = (vm: ListedVm, own: HostVms, listing: Listed): readonly VmReason[] =>
  vmReasons(vm, own, listing);

/** One row a VM, whichever hosts have it, in the order of the names. Pure. */
export function pairRows(listing: Listed, sight: GroupSight): readonly PairRow[] {
  const all = listing.hosts.flatMap((own) => own.vms.map((vm) => ({ own, vm })));
  const byId = Map.groupBy(all, ({ vm }) => vm.description.vm);
  return [...byId.values()]
    .map((having) => row(having, listing, sight))
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.vmId.localeCompare(b.vmId));
}

interface Having {
  readonly own: HostVms;
  readonly vm: ListedVm;
}

function row(having: readonly Having[], listing: Listed, sight: GroupSight): PairRow {
  const best = having.find(({ vm }) => vm.running) ?? having[0];
  if (best === undefined) throw new Error('a row without a VM');
  const { own, vm } = best;
  const { description } = vm;
  const known = sight.vms.find(({ id }) => id === description.vm);
  const others = sight.hosts.filter((host) => host !== own.host);
  return {
    vmId: description.vm,
    name: description.name,
    host: own.host,
    alsoOn: having.filter((each) => each.own !== own).map((each) => each.own.host),
    running: vm.running,
    memoryMiB: description.memoryMiB,
    vcpus: vm.vcpus,
    disks: description.disks
      .filter(({ source, device }) => source !== 'empty' && (device === 'disk' || device === 'lun'))
      .map(({ path, placement }) => ({ path, onStore: placement === 'store' || placement === 'shared' })),
    protectedAlready: known !== undefined,
    reasons: reasonsOf(vm, own, listing).map(({ failure, blocking, fix }) => ({
      failure,
      blocking,
      fix: fix === null ? null : { id: fix.id, label: fix.label, consequence: fix.consequence },
    })),
    readiness: known?.readiness ?? null,
    policy: known?.policy ?? null,
    hosts: known?.hosts ?? [own.host, ...others],
    predicted: predicted(own.host, sight),
  };
}

/** How long the VMs of this host would be gone if it died. */
function predicted(host: string, { config, watchdogs }: GroupSight): RecoveryPrediction {
  const accepted = config?.hosts.find(({ name }) => name === host)?.acceptSoftwareWatchdog === true;
  const watchdog = watchdogs.get(host) ?? null;
  const { takeoverMs, startMs, totalMs } = recovery(config?.profile ?? 'steady', watchdog, accepted);
  const start = `then about ${duration(startMs)} for the start of the guest (an estimate)`;
  const sentence =
    takeoverMs === null
      ? `If ${host} dies, nothing proves it by time: its watchdog is not armed. Its VMs are started elsewhere only after a proof.`
      : `If ${host} dies, the VM starts elsewhere ${duration(takeoverMs)} after its last sign of life, ${start}.`;
  return { takeoverMs, startMs, startFrom: 'estimate', totalMs, sentence };
}

/** With these chosen besides those that are protected already: where they would go, and whether they fit. Pure. */
export function predictPairs(
  listing: Listed,
  sight: GroupSight,
  choices: readonly PairChoice[],
): PairsPrediction {
  const rows = pairRows(listing, sight);
  const chosen = new Map(choices.map((choice) => [choice.vmId, choice]));
  const vms = rows.flatMap((each): PlannedVm<string>[] => {
    const choice = chosen.get(each.vmId);
    if (choice === undefined && !each.protectedAlready) return [];
    const { vmId, name } = each;
    const runsOn = each.running ? each.host : null;
    const hosts = choice?.hosts ?? each.hosts;
    const order = choice?.order ?? each.policy?.order ?? 0;
    return [{ vmId, name, memoryMiB: each.memoryMiB ?? 0, runsOn, hosts, order }];
  });
  const free = new Map(
    sight.hosts.map((host) => [
      host,
      listing.hosts.find((each) => each.host === host)?.memoryFreeMiB ?? null,
    ]),
  );
  return {
    ifHostFails: ifHostsFail(vms, free).map((each) => ({ ...each, sentence: sentenceOf(each) })),
    vms: vms.flatMap(({ vmId }) => {
      const found = rows.find((each) => each.vmId === vmId);
      return found === undefined ? [] : [{ vmId, predicted: found.predicted }];
    }),
  };
}

const gib = (mib: number): string => `${Math.round(mib / 102.4) / 10}\u00a0GiB`;

function sentenceOf({ host, survivors, left }: Omit<IfHostFails, 'sentence'>): string {
  if (survivors.length === 0 && left.length === 0) return `If ${host} fails, nothing has to move.`;
  const takes = survivors.map(
    ({ host: taker, vms, needMiB, haveMiB }) =>
      `${taker} takes ${count(vms.length, 'VM')} (${gib(needMiB)}${haveMiB === null ? '' : ` of ${gib(haveMiB)} free`})`,
  );
  const rest =
    left.length === 0
      ? ''
      : ` There is no room for ${left.length > 3 ? count(left.length, 'VM') : listed(left)}.`;
  return takes.length === 0 ? `If ${host} fails:${rest}` : `If ${host} fails, ${listed(takes)}.${rest}`;
}
