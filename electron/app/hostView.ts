import type { HostReport, HostView, LinkEnd, LinkView, PeerOpinion } from '../ipc/views.ts';
import type { HostSnapshot, Reporter } from './hostSnapshot.ts';

const plus = (ms: number | null, ageMs: number): number | null => (ms === null ? null : ms + ageMs);
const minus = (ms: number | null, ageMs: number): number | null =>
  ms === null ? null : Math.max(0, ms - ageMs);

function reportOf({ status, ageMs, fresh }: Reporter): HostReport {
  const { self, store } = status;
  return {
    ageMs,
    fresh,
    phase: self.phase,
    phaseBecause: self.phaseBecause,
    epoch: self.epoch,
    leaseLeftMs: minus(self.leaseLeftMs, ageMs),
    watchdog: self.watchdog,
    realTime: self.realTime,
    keeperConnected: self.keeperConnected,
    agentVersion: status.agentVersion,
    hypervisor: self.hypervisor,
    memoryTotalMiB: self.memoryTotalMiB,
    memoryFreeMiB: self.memoryFreeMiB,
    store: { ...store, reachable: self.keeperConnected ? store.reachable : null },
  };
}

function opinionsOn(slot: number | null, reporters: readonly Reporter[]): readonly PeerOpinion[] {
  return reporters.flatMap(({ name, status, ageMs, fresh, slot: own }) => {
    const host = fresh && own !== slot ? status.hosts.find((known) => known.slot === slot) : undefined;
    if (host === undefined) return [];
    const { state, lease } = host;
    const leaseAgeMs = plus(host.leaseAgeMs, ageMs);
    return [{ by: name, ageMs, state, lease, leaseAgeMs, takeableInMs: minus(host.takeableInMs, ageMs) }];
  });
}

/** The most reassuring state that an answering host vouches for: a lease seen fresh by one is fresh. */
const order: readonly HostView['state'][] = ['alive', 'late', 'dead', 'silent', 'not-known'];

function stateOf(report: Reporter | undefined, opinions: readonly PeerOpinion[]): HostView['state'] {
  if (report?.fresh === true) return 'alive';
  return order.find((state) => opinions.some((opinion) => opinion.state === state)) ?? 'not-known';
}

function goingDownOf(slot: number | null, reporters: readonly Reporter[]): HostView['goingDown'] {
  const words = reporters.flatMap(({ status, fresh }) => (fresh ? status.hosts : []));
  return words.find((host) => host.slot === slot && host.goingDown !== undefined)?.goingDown ?? null;
}

export function hostView(
  snapshot: HostSnapshot,
  slot: number | null,
  reporters: readonly Reporter[],
): HostView {
  const own = reporters.find(({ name }) => name === snapshot.name);
  const opinions = opinionsOn(slot, reporters);
  return {
    name: snapshot.name,
    slot,
    address: snapshot.address,
    console: snapshot.console,
    state: stateOf(own, opinions),
    report: own === undefined ? null : reportOf(own),
    opinions,
    goingDown: goingDownOf(slot, reporters),
    demoPower: snapshot.demoPower,
  };
}

/** Key of the history of what `at` hears from `from` on a link. */
export const linkBeatsKey = (at: string, from: string, link: number): string => `${at}<${from}/${link}`;
export const storeBeatsKey = (host: string): string => `store/${host}`;

/** Each path between two hosts once, with what is heard at either end. */
export function linkViews(
  reporters: readonly Reporter[],
  names: ReadonlyMap<number, string>,
): readonly LinkView[] {
  const paths = new Map<string, { link: number; hosts: readonly [string, string]; ends: LinkEnd[] }>();
  for (const { name: at, slot, status, ageMs, fresh } of reporters) {
    for (const health of status.links) {
      const from = names.get(health.peer) ?? `slot ${health.peer}`;
      const key = `${Math.min(slot, health.peer)}-${Math.max(slot, health.peer)}/${health.link}`;
      const hosts = slot < health.peer ? ([at, from] as const) : ([from, at] as const);
      const path = paths.get(key) ?? { link: health.link, hosts, ends: [] };
      paths.set(key, path);
      const { state, address, rttMs, rttMaxMs, loss } = health;
      path.ends.push({
        at,
        ageMs,
        fresh,
        state,
        address,
        lastHeardAgoMs: plus(health.lastHeardAgoMs, ageMs),
        rttMs,
        rttMaxMs,
        loss,
        beats: linkBeatsKey(at, from, health.link),
      });
    }
  }
  return [...paths.entries()]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([key, { link, hosts, ends }]) => ({
      key,
      link,
      hosts,
      ends: ends.toSorted((a, b) => hosts.indexOf(a.at) - hosts.indexOf(b.at)),
    }));
}
