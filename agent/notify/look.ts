import type { Look } from '../core/notify/types.ts';
import type { EngineStatus } from '../core/engine/status.ts';
import type { PeerFact } from '../core/engine/peerFact.ts';

/** Reasons that a pause brings. One with an end is no news: somebody has thought of it. */
const PAUSE_REASONS: ReadonlySet<string> = new Set(['ready.group-disarmed', 'ready.standby-in-maintenance']);

/** What the engine sees, as far as people are told of it. */
export function lookFrom(status: EngineStatus, peers: readonly PeerFact[], slot: number): Look {
  const { group, hosts, vms, pauses } = status;
  const isTimed = pauses?.some(({ endsInMs }) => endsInMs !== null) === true;
  const alive = hosts.filter(({ state, slot: at }) =>
    at === slot ? status.self.phase === 'alive' : state === 'alive',
  );
  const isHeard = (other: number): boolean =>
    peers.some((peer) => peer.slot === other && peer.heard === 'up');
  return {
    group: group?.groupName ?? '',
    others: alive.flatMap((host) => (host.slot !== slot && isHeard(host.slot) ? [host.slot] : [])),
    hostsAlive: alive.length,
    hosts: hosts.length,
    vms: vms
      .filter(({ desired }) => desired === 'running')
      .map(({ name, readiness }) => {
        const reasons = readiness.reasons.filter(
          ({ code, weight }) => weight === 'unprotected' && !(isTimed && PAUSE_REASONS.has(code)),
        );
        return { name, unprotectedBecause: reasons[0]?.message ?? null };
      }),
  };
}
