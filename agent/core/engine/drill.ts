import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import type { ReadinessReason } from '../../protocol/readiness.ts';
import { isUsableHost } from './candidates.ts';
import {
  configOf,
  type EngineState,
  freshView,
  hostName,
  isActiveHere,
  protectedVm,
  tokenOf,
  vmState,
} from './state.ts';
import type { DrillFact } from './types.ts';

const DAY_MS = 86_400_000;
/** As the schema of readiness has it. */
const MAX_TEXT_CHARS = 500;
/** What a host keeps free beside the copy and the VMs that it may have to take: for itself and for QEMU's own needs. */
const MIB_TO_SPARE = 512;

/** Why this host may not begin a drill of the VM; null: it may (docs/safety.md, section 9). */
export function whyNotDrill(state: EngineState, vm: ProtectedVm, nowMs: number): Failure | null {
  const view = freshView(state, nowMs);
  const here = state.setup.hostName;
  const ends = whyEndDrill(state, nowMs);
  if (view === null || ends !== null) {
    return {
      code: 'drill.not-now',
      message: `No drill is made on ${here} now: ${ends ?? 'its keeper does not answer'}.`,
      fix: 'Try again when the group is at rest.',
    };
  }
  const token = tokenOf(state, vm);
  if (token?.mine === true || isActiveHere(state, vm.vm)) {
    return {
      code: 'drill.runs-here',
      message: `${vm.name} is on ${here}: a drill shows whether another host could run it.`,
      fix: 'Begin it on a standby of this VM.',
    };
  }
  if (!vm.hosts.includes(view.slot)) {
    return { code: 'drill.not-a-standby', message: `${here} is none of the hosts that may run ${vm.name}.` };
  }
  if (token?.value == null || token.free || token.note?.desired !== 'running') {
    return {
      code: 'drill.not-running',
      message: `${vm.name} does not run: the disks of a running VM are copied as they are at one moment.`,
      fix: `Start it with "understudy start ${vm.name}".`,
    };
  }
  return noMemory(state, view, vm);
}

/** The copy must fit beside every VM that may have to be started here meanwhile. */
function noMemory(state: EngineState, view: KeeperView, vm: ProtectedVm): Failure | null {
  const freeMiB = state.host?.freeMiB ?? null;
  const mayCome = (configOf(state)?.vms ?? []).filter(
    (one) => one.hosts.includes(view.slot) && !isActiveHere(state, one.vm),
  );
  const neededMiB = vm.memoryMiB + mayCome.reduce((sum, one) => sum + one.memoryMiB, 0) + MIB_TO_SPARE;
  if (freeMiB !== null && freeMiB >= neededMiB) return null;
  return {
    code: 'drill.no-memory',
    message: `${state.setup.hostName} has ${freeMiB ?? 'an unknown number of'} MiB of memory free; a drill needs ${neededMiB} MiB: for the copy of ${vm.name}, for every VM that may have to be started here meanwhile, and some to spare.`,
  };
}

/** Why a drill on this host has to end at once; null: it may go on. Whatever this host is for comes first. */
export function whyEndDrill(state: EngineState, nowMs: number): string | null {
  const view = freshView(state, nowMs);
  if (view === null) return 'the keeper does not answer';
  const restless = whyRestless(state, view);
  if (restless !== null) return restless;
  for (const vm of view.config?.vms ?? []) {
    if (vmState(state, vm.vm).activity !== null) return `${vm.name} is being started, stopped or moved`;
    const token = tokenOf(state, vm);
    if (!vm.hosts.includes(view.slot) || token?.value == null || token.mine) continue;
    if (token.note?.desired !== 'running') continue;
    const { holder } = token.value;
    if (token.free || !isUsableHost(view, holder)) {
      return `${vm.name} may have to be taken from ${hostName(state, holder)}`;
    }
  }
  return null;
}

/** Why the disks of a VM may not be copied, or not go on being copied, by this host; null: they may. */
export function whyNotCopy(state: EngineState, id: string, nowMs: number): Failure | null {
  const view = freshView(state, nowMs);
  const vm = protectedVm(state, id);
  const restless = view === null ? 'the keeper does not answer' : whyRestless(state, view);
  if (restless !== null) {
    return {
      code: 'drill.holder-busy',
      message: `${state.setup.hostName} copies no disks now: ${restless}.`,
      fix: 'Try again when the group is at rest.',
    };
  }
  const runs = state.domains.get(id)?.state === 'running';
  if (vm === undefined || tokenOf(state, vm)?.mine !== true || !runs) {
    return { code: 'drill.not-the-holder', message: `The VM does not run on ${state.setup.hostName}.` };
  }
  if (vmState(state, id).activity === null) return null;
  return {
    code: 'drill.holder-busy',
    message: `${vm.name} is being started, stopped or moved.`,
    fix: 'Try again when the group is at rest.',
  };
}

/** Whether a standby's last drill of the VM is older than its policy wants. A wrong clock costs a drill, or a warning. */
export function isDrillDue(state: EngineState, vm: ProtectedVm, nowMs: number): boolean {
  const { drillEveryDays: days } = vm.policy;
  if (days === undefined || state.wallClock === null || !vm.hosts.includes(state.setup.slot)) return false;
  const wallMs = state.wallClock.wallMs + (nowMs - state.wallClock.atMs);
  const last = lastDrill(state, vm);
  return last === undefined || wallMs - last.atWallMs > days * DAY_MS;
}

const lastDrill = (state: EngineState, vm: ProtectedVm): DrillFact | undefined =>
  state.host?.drills?.find((one) => one.vm === vm.vm);

/** What drills say of a standby. */
export function drillReasons(state: EngineState, vm: ProtectedVm, nowMs: number): ReadinessReason[] {
  if (!vm.hosts.includes(state.setup.slot) || state.host?.drills === undefined) return [];
  const here = state.setup.hostName;
  const last = lastDrill(state, vm);
  const fix = `Run "understudy drill ${vm.name}" on ${here}.`;
  const reasons: ReadinessReason[] = [];
  if (last?.isGood === false) {
    const message = `The last drill of ${vm.name} on ${here} failed: ${last.because ?? 'no reason is known'}`;
    reasons.push({
      code: 'ready.drill-failed',
      weight: 'degraded',
      message: message.slice(0, MAX_TEXT_CHARS),
      fix,
    });
  }
  if (isDrillDue(state, vm, nowMs)) {
    const when =
      last === undefined ? 'has not been made yet' : `is older than ${vm.policy.drillEveryDays} days`;
    const message = `A drill of ${vm.name} on ${here} ${when}.`;
    reasons.push({ code: 'ready.drill-overdue', weight: 'degraded', message, fix });
  }
  return reasons;
}

function whyRestless(state: EngineState, view: KeeperView): string | null {
  if (view.phase !== 'alive') return `the keeper is ${view.phase}`;
  if (!view.store.reachable) return "the store can't be reached";
  if (view.store.regressed) return 'the store went back in time';
  // Long before the lease is in danger: what a drill reads and writes may be the very reason.
  const ageMs = view.lastGoodMs === null ? Infinity : view.nowMs - view.lastGoodMs;
  if (ageMs > view.timing.loseAfterMs / 2) return 'the store answers slowly';
  if (state.goingDown !== null) return 'this host is about to go';
  return state.hypervisor.connected ? null : 'the hypervisor does not answer';
}
