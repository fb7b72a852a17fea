import { PROFILES, takeoverByTimeMs } from '../../../agent/core/timing.ts';
import type { IfHostDied, VmMove, VmStay } from '../../ipc/daily/views.ts';
import type { HostView, VmView } from '../../ipc/views.ts';
import { count, duration, listed } from '../../ipc/words.ts';
import { type GroupFacts, hostOf, startOf, takersOf } from './facts.ts';

/** As many as an agent starts side by side (agent/core/engine/plan.ts). */
const PARALLEL_STARTS = 2;

/** For every host of the group: what would happen if it died now. Pure. */
export function ifHostDied(facts: GroupFacts): readonly IfHostDied[] {
  return facts.view.hosts.map((host) => oneHost(facts, host));
}

function oneHost(facts: GroupFacts, host: HostView): IfHostDied {
  const here = facts.view.vms
    .filter((vm) => hostOf(vm) === host.name && vm.desired === 'running')
    .toSorted((a, b) => a.policy.order - b.policy.order || a.token - b.token);
  const isKnown = facts.view.hosts.some(({ report }) => report?.fresh === true);
  const takeoverMs = takeoverOf(facts, host);
  const stays = here.flatMap((vm) => stayOf(facts, vm, host, takeoverMs) ?? []);
  const moving = here.filter((vm) => !stays.some(({ vmId }) => vmId === vm.id));
  const moves = movesOf(facts, moving, host.name, takeoverMs);
  const memory = memoryOf(facts, moves);
  const isTight = memory.some(({ suffices }) => suffices === false);
  return {
    host: host.name,
    word: !isKnown
      ? 'not-known'
      : facts.view.disarmed
        ? 'paused'
        : stays.length > 0
          ? 'not-protected'
          : isTight
            ? 'at-risk'
            : 'protected',
    sentence: isKnown ? sentence(host.name, moves, stays, isTight) : 'Not known: no host answers this app.',
    takeoverMs,
    moves,
    stays,
    memory,
  };
}

/** T as this host's timing and watchdog give it; null: it is not taken over by time, or not known. */
function takeoverOf({ config }: GroupFacts, host: HostView): number | null {
  const configured = config?.hosts.find(({ name }) => name === host.name);
  const watchdog = host.report?.watchdog ?? null;
  if (config === null || configured === undefined || watchdog === null) return null;
  const softwareWatchdogAccepted = configured.acceptSoftwareWatchdog;
  return takeoverByTimeMs({ timing: PROFILES[config.profile], watchdog, softwareWatchdogAccepted });
}

function stayOf(facts: GroupFacts, vm: VmView, host: HostView, takeoverMs: number | null): VmStay | null {
  const stay = (why: string, fix: string | null): VmStay => ({ vmId: vm.id, vmName: vm.name, why, fix });
  if (facts.view.disarmed) return stay('The group is disarmed: its agents move nothing.', 'Arm the group.');
  const reason = vm.readiness.reasons.find(({ weight }) => weight === 'unprotected');
  if (reason !== undefined) return stay(reason.message, reason.fix ?? null);
  if (takersOf(facts, vm, host.name).length === 0) {
    return stay('No other host is ready to run it.', 'Bring one of its other hosts back.');
  }
  if (takeoverMs === null && host.report !== null) {
    const fix = 'Load a hardware watchdog driver, or accept the software watchdog.';
    return stay(`${host.name} has no armed watchdog: nobody may take over from it by time alone.`, fix);
  }
  return null;
}

/** Each on its first ready host, a few side by side there, in start order. */
function movesOf(
  facts: GroupFacts,
  vms: readonly VmView[],
  from: string,
  takeoverMs: number | null,
): readonly VmMove[] {
  const lanes = new Map<string, number[]>();
  return vms.flatMap((vm) => {
    const [to] = takersOf(facts, vm, from);
    if (to === undefined) return [];
    const start = startOf(facts, vm);
    const busy = lanes.get(to) ?? Array.from({ length: PARALLEL_STARTS }, () => 0);
    const lane = busy.indexOf(Math.min(...busy));
    const readyMs = (busy[lane] ?? 0) + start.ms;
    lanes.set(to, busy.with(lane, readyMs));
    const backInMs = takeoverMs === null ? null : takeoverMs + readyMs;
    return [{ vmId: vm.id, vmName: vm.name, to, backInMs, basis: start.basis }];
  });
}

function memoryOf(facts: GroupFacts, moves: readonly VmMove[]): IfHostDied['memory'] {
  return [...new Set(moves.map(({ to }) => to))].toSorted().map((host) => {
    const ids = new Set(moves.filter(({ to }) => to === host).map(({ vmId }) => vmId));
    const vms = facts.view.vms.filter(({ id }) => ids.has(id));
    const neededMiB = vms.reduce((sum, { memoryMiB }) => sum + (memoryMiB ?? 0), 0);
    const freeMiB = facts.view.hosts.find(({ name }) => name === host)?.report?.memoryFreeMiB ?? null;
    return { host, neededMiB, freeMiB, suffices: freeMiB === null ? null : freeMiB >= neededMiB };
  });
}

const names = (vms: readonly { readonly vmName: string }[]): string =>
  vms.length > 3 ? count(vms.length, 'VM') : listed(vms.map(({ vmName }) => vmName));

function sentence(
  host: string,
  moves: readonly VmMove[],
  stays: readonly VmStay[],
  isTight: boolean,
): string {
  if (moves.length === 0 && stays.length === 0)
    return `${host} runs no protected VM now: nothing would move.`;
  const takers = [...new Set(moves.map(({ to }) => to))].toSorted();
  const lastMs = Math.max(0, ...moves.flatMap(({ backInMs }) => backInMs ?? []));
  const when = lastMs === 0 ? '' : ` within about ${duration(lastMs)}`;
  const verb = takers.length === 1 ? 'starts' : 'start';
  const moved = moves.length === 0 ? [] : [`${listed(takers)} ${verb} ${names(moves)}${when}.`];
  const stayed = stays.length === 0 ? [] : [`${names(stays)} would stop and stay stopped.`];
  const tight = isTight ? ['The memory there may not suffice.'] : [];
  return [...moved, ...stayed, ...tight].join(' ');
}
