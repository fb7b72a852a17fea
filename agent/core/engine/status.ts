import type { HostStatus, Status, VmStatus } from '../../protocol/control.ts';
import { MAX_TOLD_BRIDGES } from '../../protocol/hostCondition.ts';
import type { GroupHost, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView, PeerLease } from '../../protocol/keeperLink.ts';
import { takeoverByTimeMs } from '../timing.ts';
import type { Activity } from './activity.ts';
import { staysBecause } from './evacuation.ts';
import { healthStatus } from './health.ts';
import { vmsLeft } from './goingDown.ts';
import { pauseStatuses } from './pauses.ts';
import { definitionInSync, readiness } from './readiness.ts';
import { type EngineState, freshView, tokenOf, vmState } from './state.ts';
import { signStatuses } from './signs.ts';
import { mayCancel } from './switchover.ts';
import { uplinksNow, uplinksTold } from './uplinks.ts';

/** Domains listed for the page where VMs are paired; a host with more shows the first ones. */
const MAX_OTHER_VMS = 512;
/** Heartbeats or renewals missing for less than this are late, not silent. */
const SILENT_AFTER_PERIODS = 3;

/** The part of the status that the engine knows; the shell adds versions, links and wall time. */
export type EngineStatus = Pick<Status, 'group' | 'takeoverMs' | 'hosts' | 'vms' | 'pauses' | 'otherVms'> & {
  readonly self: Pick<
    Status['self'],
    | 'phase'
    | 'phaseBecause'
    | 'epoch'
    | 'leaseLeftMs'
    | 'watchdog'
    | 'realTime'
    | 'keeperConnected'
    | 'hypervisor'
    | 'memoryTotalMiB'
    | 'memoryFreeMiB'
    | 'uplinks'
    | 'signs'
    | 'goingDown'
  >;
  readonly store: Omit<Status['store'], 'path'>;
};

export function engineStatus(state: EngineState, nowMs: number): EngineStatus {
  const view = freshView(state, nowMs);
  const config = state.view?.config ?? null;
  return {
    self: {
      phase: view?.phase ?? null,
      phaseBecause: view?.phaseBecause ?? null,
      epoch: view?.epoch ?? 0,
      leaseLeftMs: view?.loseAtMs == null ? null : Math.max(0, view.loseAtMs - nowMs),
      watchdog: view?.watchdog ?? null,
      realTime: view?.realTime ?? false,
      keeperConnected: view !== null,
      hypervisor: {
        connected: state.hypervisor.connected,
        version: state.hypervisor.version,
        error: state.hypervisor.error,
      },
      memoryTotalMiB: state.host?.totalMiB ?? null,
      memoryFreeMiB: state.host?.freeMiB ?? null,
      ...uplinkStatus(state, nowMs),
      ...signStatus(state, nowMs),
      ...goingDownStatus(state),
    },
    store: {
      reachable: view?.store.reachable ?? false,
      renewP50Ms: view?.store.renewP50Ms ?? null,
      renewMaxMs: view?.store.renewMaxMs ?? null,
      error: view === null ? 'the keeper does not answer' : view.store.error,
    },
    group: config,
    takeoverMs: view === null ? null : longestTakeoverMs(view),
    hosts: (config?.hosts ?? []).map((host) => hostStatus(state, view, host, nowMs)),
    vms: (config?.vms ?? []).map((vm) => vmStatus(state, vm, nowMs)),
    pauses: pauseStatuses(state, nowMs),
    otherVms: otherVms(state),
  };
}

function goingDownStatus(state: EngineState): Pick<Status['self'], 'goingDown'> {
  if (state.goingDown === null) return {};
  const { reason, sinceMs } = state.goingDown;
  return { goingDown: { reason, sinceMs, vmsLeft: vmsLeft(state) } };
}

function uplinkStatus(state: EngineState, nowMs: number): Pick<Status['self'], 'uplinks'> {
  const uplinks = [...uplinksNow(state, nowMs).bridges].slice(0, MAX_TOLD_BRIDGES);
  if (uplinks.length === 0) return {};
  const stateOf = ({ settled, seen }: { settled: 'up' | 'down' | null; seen: 'up' | 'down' }) =>
    settled === seen ? seen : 'settling';
  return { uplinks: uplinks.map(([bridge, uplink]) => ({ bridge, state: stateOf(uplink) })) };
}

function signStatus(state: EngineState, nowMs: number): Pick<Status['self'], 'signs'> {
  const signs = signStatuses(state, nowMs);
  return signs.length === 0 ? {} : { signs: [...signs] };
}

function downOf(bridges: readonly string[] | undefined): Pick<HostStatus, 'uplinksDown'> {
  return bridges === undefined || bridges.length === 0 ? {} : { uplinksDown: [...bridges] };
}

/** The longest T among the other hosts' records: what a takeover by time takes at most; null when none is possible. */
function longestTakeoverMs(view: KeeperView): number | null {
  const times = view.peers.flatMap((peer) => (peer.lease ? [takeoverByTimeMs(peer.lease)] : []));
  const possible = times.filter((time) => time !== null);
  return possible.length === 0 ? null : Math.max(...possible);
}

function hostStatus(state: EngineState, view: KeeperView | null, host: GroupHost, nowMs: number): HostStatus {
  if (host.slot === state.setup.slot) {
    return {
      slot: host.slot,
      name: host.name,
      state: 'alive',
      epoch: view?.epoch ?? 0,
      lease: view?.phase === 'alive' ? 'fresh' : 'none',
      leaseAgeMs: view?.lastGoodMs == null ? null : Math.max(0, nowMs - view.lastGoodMs),
      takeableInMs: null,
      watchdog: view?.watchdog ?? null,
      agentVersion: null,
      ...(state.goingDown === null ? {} : { goingDown: state.goingDown.reason }),
      ...downOf(uplinksTold(state, nowMs)?.down),
    };
  }
  const peer = view?.peers.find((one) => one.slot === host.slot);
  const heard = state.peers.find((one) => one.slot === host.slot);
  const ageMs = peer?.unchangedSinceMs == null ? null : Math.max(0, nowMs - peer.unchangedSinceMs);
  return {
    slot: host.slot,
    name: host.name,
    state: peerState(peer, heard?.heard === 'up', ageMs),
    epoch: peer?.lease?.epoch ?? 0,
    lease: leaseState(peer, ageMs),
    leaseAgeMs: ageMs,
    takeableInMs: peer?.takeableAtMs == null ? null : Math.max(0, peer.takeableAtMs - nowMs),
    watchdog: peer?.lease?.watchdog ?? null,
    agentVersion: heard?.agentVersion ?? null,
    ...(heard?.goingDown == null ? {} : { goingDown: heard.goingDown }),
    ...downOf(heard?.condition?.uplinksDown),
  };
}

function peerState(peer: PeerLease | undefined, isHeard: boolean, ageMs: number | null): HostStatus['state'] {
  if (!peer?.lease || ageMs === null) return isHeard ? 'alive' : 'not-known';
  if (peer.deadUpToEpoch >= peer.lease.epoch) return 'dead';
  const { renewEveryMs } = peer.lease.timing;
  if (ageMs <= renewEveryMs * 2) return 'alive';
  return ageMs <= renewEveryMs * SILENT_AFTER_PERIODS || isHeard ? 'late' : 'silent';
}

function leaseState(peer: PeerLease | undefined, ageMs: number | null): HostStatus['lease'] {
  if (!peer?.lease) return 'none';
  if (peer.lease.state === 'drained') return 'drained';
  if (peer.lease.state === 'leaving') return 'left';
  return ageMs !== null && ageMs <= peer.lease.timing.loseAfterMs ? 'fresh' : 'stale';
}

function vmStatus(state: EngineState, vm: ProtectedVm, nowMs: number): VmStatus {
  const view = freshView(state, nowMs);
  const token = tokenOf(state, vm);
  const own = vmState(state, vm.vm);
  const desired = own.wanted?.note.desired ?? token?.note?.desired ?? 'stopped';
  return {
    vm: vm.vm,
    name: vm.name,
    token: vm.token,
    holder: token?.value?.holder ?? null,
    generation: token?.generation ?? 0,
    here: stateHere(state, vm, nowMs),
    desired,
    runningSinceMs: own.runningSinceMs,
    definitionInSync: definitionInSync(state, vm),
    readiness: readiness(state, vm, nowMs),
    activity: own.activity === null ? null : activityStatus(own.activity),
    hosts: [...vm.hosts],
    policy: vm.policy,
    ...(vm.policy.health === undefined ? {} : { health: healthStatus(state, vm, nowMs) }),
    staysBecause: view === null ? null : staysBecause(state, view, vm),
  };
}

/** QEMU processes are the truth; what the hypervisor says refines it. Nothing is called "stopped" unseen. */
function stateHere(state: EngineState, vm: ProtectedVm, nowMs: number): VmStatus['here'] {
  const view = freshView(state, nowMs);
  const qemu = view?.qemus.find((one) => one.vm === vm.vm);
  if (qemu?.frozen === true) return 'frozen';
  if (vmState(state, vm.vm).activity?.kind === 'start') return 'starting';
  if (!state.hypervisor.connected) return qemu === undefined ? 'unknown' : 'running';
  const fact = state.domains.get(vm.vm);
  if (fact === undefined) return qemu === undefined ? 'undefined' : 'running';
  if (fact.state === 'paused') return 'paused';
  return fact.state === 'stopped' ? 'stopped' : 'running';
}

function activityStatus(activity: Activity): VmStatus['activity'] {
  const { step, sinceMs } = activity;
  switch (activity.kind) {
    case 'start':
      return { kind: activity.cause, step, sinceMs, to: null };
    case 'stop':
      return {
        kind: activity.cause === 'handover' ? 'switchover' : activity.cause,
        step,
        sinceMs,
        to: activity.to,
        mayStop: mayCancel(activity),
      };
    case 'move':
      return { kind: 'switchover', step, sinceMs, to: activity.to, mayStop: mayCancel(activity) };
    case 'receive':
      return { kind: 'switchover', step: 'receive', sinceMs, to: null };
    case 'expel':
      return { kind: 'stop', step, sinceMs, to: null };
    case 'repair':
      return { kind: 'restart', step, sinceMs, to: null };
    case 'resume':
      return { kind: 'start', step, sinceMs, to: null };
  }
}

function otherVms(state: EngineState): Status['otherVms'] {
  const known = new Set(state.view?.config?.vms.map((vm) => vm.vm));
  return [...state.domains.values()]
    .filter((fact) => !known.has(fact.vm))
    .slice(0, MAX_OTHER_VMS)
    .map((fact) => ({ vm: fact.vm, name: fact.name, running: fact.state !== 'stopped' }));
}
