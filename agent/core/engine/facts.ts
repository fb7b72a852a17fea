import type { KeeperView, PeerLease } from '../../protocol/keeperLink.ts';
import { heardReboot, heardAlarm } from './health.ts';
import type { LeaseMove } from './leaseMove.ts';
import { type Draft, patchVm, protectedVm, tell, vmState } from './state.ts';
import type { DomainFact, DomainHappening, HostFact } from './types.ts';

export function heardView(draft: Draft, view: KeeperView): void {
  const moves = new Map(draft.leaseMoves);
  for (const { slot, lease, unchangedSinceMs } of view.peers) {
    const before = moves.get(slot);
    // The record that says "drained" was written after the VMs had stopped: it is no sign that they ran.
    const isSign = lease?.state === 'alive';
    if (!isSign || (before?.epoch === lease.epoch && before.seq === lease.seq)) continue;
    // First sight shows no move; later the keeper says when it read the new record.
    const movedAtMs = before === undefined ? null : (unchangedSinceMs ?? draft.nowMs);
    moves.set(slot, { epoch: lease.epoch, seq: lease.seq, movedAtMs });
  }
  draft.leaseMoves = moves;
  draft.view = { ...view, peers: view.peers.map((peer) => remembered(peer, moves.get(peer.slot))) };
  draft.viewAtMs = draft.nowMs;
}

/**
 * The keeper begins its evidence for T anew with each configuration, and for a moment says nothing of how old a lease is.
 * To choose hosts and to show them, what was seen a moment before is good enough; rights never come from it.
 */
function remembered(peer: PeerLease, move: LeaseMove | undefined): PeerLease {
  const isKnown = peer.unchangedSinceMs === null && move !== undefined && move.epoch === peer.lease?.epoch;
  return isKnown ? { ...peer, unchangedSinceMs: move.movedAtMs } : peer;
}

/** The hypervisor answers (again): what it lists is the whole truth about domains; QEMUs were left alone meanwhile. */
export function heardHypervisor(draft: Draft, version: string, domains: readonly DomainFact[]): void {
  if (!draft.hypervisor.connected) {
    const running = domains.filter((one) => one.state !== 'stopped').length;
    tell(draft, {
      code: 'hypervisor.connected',
      level: 'info',
      text: `The hypervisor of ${draft.setup.hostName} answers (${running} of ${domains.length} VMs run).`,
      facts: { domains: domains.length, running },
    });
    draft.hypervisor = { connected: true, version, error: null, sinceMs: draft.nowMs };
    for (const vm of draft.vms.keys()) patchVm(draft, vm, { goneSinceMs: null });
  }
  draft.hypervisor = { ...draft.hypervisor, version };
  draft.domains = new Map(domains.map((fact) => [fact.vm, fact]));
}

/** What was known of domains is old now: nothing is decided from it, and nothing is called "stopped". */
export function lostHypervisor(draft: Draft, error: string): void {
  if (draft.hypervisor.connected) {
    tell(draft, {
      code: 'hypervisor.lost',
      level: 'warning',
      text: `The hypervisor of ${draft.setup.hostName} does not answer (${error}). VMs are left alone; their processes are watched.`,
      facts: { error },
    });
    draft.hypervisor = { ...draft.hypervisor, connected: false, error, sinceMs: draft.nowMs };
    return;
  }
  draft.hypervisor = { ...draft.hypervisor, error };
}

export function heardDomain(draft: Draft, fact: DomainFact, happening: DomainHappening | null): void {
  draft.domains = new Map(draft.domains).set(fact.vm, fact);
  const vm = protectedVm(draft, fact.vm);
  if (!vm || happening === null) return;
  const { publish, inspect } = vmState(draft, fact.vm);
  switch (happening.kind) {
    case 'defined':
      return patchVm(draft, fact.vm, {
        publish: { ...publish, isDue: true },
        inspect: { ...inspect, isDue: true },
      });
    case 'shutdown':
      return patchVm(draft, fact.vm, { shutdownBy: happening.by });
    case 'reboot':
      if (heardReboot(draft, vm)) return;
      return tell(draft, {
        code: 'vm.rebooted',
        level: 'info',
        vm: vm.name,
        text: `The guest of ${vm.name} restarted itself.`,
      });
    case 'watchdog':
      heardAlarm(draft, vm, happening);
      return tell(draft, {
        code: 'vm.watchdog',
        level: 'warning',
        vm: vm.name,
        text: `The watchdog inside ${vm.name} has run out: its guest hangs. QEMU's action: ${happening.action}.`,
        facts: { action: happening.action },
      });
    case 'panicked':
      heardAlarm(draft, vm, happening);
      return tell(draft, {
        code: 'vm.panicked',
        level: 'warning',
        vm: vm.name,
        text: `The guest of ${vm.name} panicked.`,
      });
    case 'io-error':
      return tell(draft, {
        code: 'vm.io-error',
        level: 'warning',
        vm: vm.name,
        text: `A disk of ${vm.name} answered with an error (${happening.path}${happening.reason === '' ? '' : `, ${happening.reason}`}).`,
        facts: { path: happening.path, reason: happening.reason },
      });
  }
}

/** VMs named in one event; the others have the same reason in their readiness. */
const MAX_NAMED = 5;

/** Bridges and networks that the VMs need are told when they go and when they are back, once for all VMs. */
export function heardHost(draft: Draft, host: HostFact): void {
  const before = draft.host?.networkGaps ?? [];
  draft.host = host;
  const self = draft.setup.hostName;
  for (const [place, vms] of placesIn(draft, host, before)) {
    const text = `${self} has no ${place} (any more), or it is not started: ${vms} could not be started there.`;
    tell(draft, { code: 'host.network-gone', level: 'warning', text, facts: { place, vms } });
  }
  for (const [place, vms] of placesIn(draft, { networkGaps: before }, host.networkGaps)) {
    const text = `${self} has the ${place} again, or it is not needed any more (${vms}).`;
    tell(draft, { code: 'host.network-back', level: 'notice', text, facts: { place, vms } });
  }
}

/** Places that are missing in the first and not in the second, each with the VMs that name it. */
function placesIn(
  draft: Draft,
  { networkGaps }: Pick<HostFact, 'networkGaps'>,
  not: HostFact['networkGaps'],
): ReadonlyMap<string, string> {
  const key = ({ type, source }: { type: string; source: string }): string => `${type} "${source}"`;
  const known = new Set(not.map(key));
  const fresh = Map.groupBy(networkGaps, key);
  const named = [...fresh].flatMap(([place, gaps]) => {
    if (known.has(place)) return [];
    const names = gaps.map(({ vm }) => protectedVm(draft, vm)?.name ?? vm);
    const rest = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
    return [[place, `${names.slice(0, MAX_NAMED).join(', ')}${rest}`] as const];
  });
  return new Map(named);
}
