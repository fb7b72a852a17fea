import { DEFAULT_PORT } from '../../backend/group/plan.ts';
import { fail } from '../../backend/failures.ts';
import type { GroupEntry, Inventory } from '../../backend/inventory/schema.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import { type Check, failed, pass } from '../../backend/checks/check.ts';
import type { GroupView, LinkEnd } from '../../ipc/views.ts';
import { type HostSnapshot, reporters } from '../hostSnapshot.ts';
import type { Scope } from './checkDesk.ts';
import type { GroupSight } from './pairViews.ts';
import { checkOptions, type SetupState } from './setupState.ts';

/** An open group, as far as setting up looks at it. */
export interface GroupSource {
  readonly source: { readonly id: string };
  snapshots(): readonly HostSnapshot[];
  view(): GroupView;
}

/** What the checks of the open set-up are about. Throws a FailureError that names a wrong field of the draft. */
export function setupScope(state: SetupState, inventory: Inventory): Scope {
  return {
    groupId: null,
    hosts: hostsOf(state.hosts, inventory),
    options: checkOptions(state.draft),
    heardLinks: null,
  };
}

/** What the checks of a group are about: its hosts, with the links and the port that it has. */
export function groupScope(inventory: Inventory, group: GroupSource): Scope {
  const entry = entryOf(inventory, group);
  const config = newestConfig(group);
  const links = config?.hosts.map(
    ({ name, links: own }) => [name, own.map(({ address }) => address)] as const,
  );
  return {
    groupId: entry.groupId,
    hosts: hostsOf(
      entry.hosts.map(({ name }) => name),
      inventory,
    ),
    options: {
      watchdogs: new Map(),
      links: new Map(links),
      port: config?.hosts[0]?.links[0]?.port ?? DEFAULT_PORT,
    },
    heardLinks: () => heardLinks(group),
  };
}

/** The agents send heartbeats all the time: what they hear is a better look than any probe, whose port they hold. */
function heardLinks(group: GroupSource): readonly Check[] {
  return group.view().links.flatMap(({ link, hosts, ends }) =>
    ends.flatMap((end) => {
      const from = hosts.find((host) => host !== end.at);
      return from === undefined || !end.fresh ? [] : [heardAt(end, from, link)];
    }),
  );
}

function heardAt({ at, state, rttMs, loss }: LinkEnd, from: string, link: number): Check {
  const base = {
    id: 'network.udp',
    group: 'network' as const,
    host: from,
    part: `${at}/${link + 1}`,
    title: `Heartbeats reach ${at} on link ${link + 1}`,
  };
  const rtt = rttMs === null ? '' : `, ${Math.round(rttMs * 10) / 10} ms`;
  const lost = loss === null || loss === 0 ? '' : `, ${Math.round(loss * 1000) / 10} % lost`;
  if (state === 'up') return pass(base, `they arrive${rtt}${lost}`);
  const failure = {
    code: 'network.no-udp',
    message: `${at} hears nothing from ${from} on link ${link + 1}.`,
    meaning:
      'Without heartbeats the hosts still decide by the store alone, but more slowly and with less to tell.',
    fix: 'Check the cable, the switch and the firewalls of both hosts on that link.',
  };
  return failed(base, state === 'late' ? 'they come late' : 'none arrive', failure, true);
}

export function sightOf(inventory: Inventory, group: GroupSource): GroupSight {
  const entry = entryOf(inventory, group);
  const { hosts, vms } = group.view();
  return {
    hosts: entry.hosts.map(({ name }) => name),
    areaPath: entry.areaPath,
    config: newestConfig(group),
    vms,
    watchdogs: new Map(hosts.map(({ name, report }) => [name, report?.watchdog ?? null])),
  };
}

function newestConfig(group: GroupSource): GroupConfig | null {
  const configs = reporters(group.snapshots()).flatMap(({ status }) => status.group ?? []);
  return configs.toSorted((a, b) => b.generation - a.generation)[0] ?? null;
}

function hostsOf(names: readonly string[], inventory: Inventory): Scope['hosts'] {
  return names.flatMap((name) => {
    const host = inventory.hosts.find((each) => each.name === name);
    return host === undefined ? [] : [{ name, address: host.address }];
  });
}

function entryOf({ groups }: Inventory, { source }: GroupSource): GroupEntry {
  const entry = groups.find(({ groupId }) => groupId === source.id);
  if (entry !== undefined) return entry;
  throw fail({
    code: 'setup.not-installed-group',
    message: 'This group was not set up on hosts: nothing can be checked or changed there.',
    field: 'groupId',
  });
}
