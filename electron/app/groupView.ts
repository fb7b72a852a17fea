import type { GroupKind, GroupView } from '../ipc/views.ts';
import { hostNames, type Reporter, reporters, wordsByVm, type HostSnapshot } from './hostSnapshot.ts';
import { hostView, linkViews } from './hostView.ts';
import { verdict, whatIfs } from './verdict.ts';
import { vmView } from './vmView.ts';

/** What is left of a disarm, as the answering host with the least of it says: any host may end it. */
function disarmedForMs(fresh: readonly Reporter[]): number | null {
  const left = fresh.flatMap(({ status, ageMs }) =>
    (status.pauses ?? []).flatMap(({ slot, endsInMs }) =>
      slot === null && endsInMs !== null ? [Math.max(0, endsInMs - ageMs)] : [],
    ),
  );
  return left.length === 0 ? null : Math.min(...left);
}

export interface GroupSnapshot {
  readonly id: string;
  readonly kind: GroupKind;
  readonly name: string;
  readonly hosts: readonly HostSnapshot[];
}

/** Makes one picture of a group from what its hosts say, each with its age. Pure: the same snapshot, the same view. */
export function groupView({ id, kind, name, hosts: snapshots }: GroupSnapshot): GroupView {
  const all = reporters(snapshots);
  const fresh = all.filter((reporter) => reporter.fresh);
  const names = hostNames(all);
  const slots = new Map([...names].map(([slot, host]) => [host, slot]));
  const configs = all
    .flatMap(({ status }) => (status.group === null ? [] : [status.group]))
    .toSorted((a, b) => b.generation - a.generation);
  const config = configs[0];
  const disarmed = config?.disarmed ?? false;
  const times = (fresh.length > 0 ? fresh : all).flatMap(({ status }) => status.takeoverMs ?? []);
  const takeoverMs = times.length === 0 ? null : Math.max(...times);
  const hosts = snapshots.map((snapshot) => hostView(snapshot, slots.get(snapshot.name) ?? null, all));
  const vms = wordsByVm(all).map((words) => vmView(words, all, names, disarmed));
  const generation = config?.generation ?? null;
  const facts = { kind, hosts, vms, disarmed, disarmedForMs: disarmedForMs(fresh), takeoverMs, generation };
  return {
    id,
    kind,
    name: config?.groupName ?? name,
    verdict: verdict(facts),
    whatIf: whatIfs(facts),
    profile: config?.profile ?? null,
    generation,
    disarmed,
    takeoverMs,
    hosts,
    links: linkViews(all, names),
    vms,
  };
}
