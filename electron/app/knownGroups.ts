import { asFailure } from '../backend/failures.ts';
import type { KnownGroup, KnownGroups } from '../ipc/views.ts';
import { installedGroups } from './installedGroups.ts';
import type { GroupSource } from './openGroup.ts';

/** The groups that this app can show: those set up from here, and the demo group while it runs. */
export function knownGroups(
  inventoryPath: string,
  demo: GroupSource | null,
  isOpen: (id: string) => boolean,
): KnownGroups {
  const known = (
    id: string,
    kind: KnownGroup['kind'],
    name: string,
    hosts: readonly { readonly name: string }[],
  ): KnownGroup => ({ id, kind, name, hosts: hosts.map((host) => host.name), open: isOpen(id) });
  const { groups, failure } = installed(inventoryPath);
  return {
    groups: [
      ...groups.map((group) => known(group.groupId, 'installed', group.name, group.hosts)),
      ...(demo === null ? [] : [known(demo.id, 'demo', demo.name, demo.hosts)]),
    ],
    failure,
  };
}

function installed(inventoryPath: string): Pick<KnownGroups, 'failure'> & {
  readonly groups: ReturnType<typeof installedGroups>;
} {
  try {
    return { groups: installedGroups(inventoryPath), failure: null };
  } catch (fault) {
    return { groups: [], failure: asFailure(fault) };
  }
}
