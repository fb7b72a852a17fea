import { fail } from '../failures.ts';
import { readInventory, updateInventory } from '../inventory/inventory.ts';
import { GroupEntry } from '../inventory/schema.ts';

/** The group without this host; a group without hosts is forgotten. */
export function leaveInInventory(inventoryPath: string, groupName: string, hostName: string): void {
  updateInventory(inventoryPath, (present) => ({
    ...present,
    groups: present.groups.flatMap((group) => {
      if (group.name !== groupName) return [group];
      const hosts = group.hosts.filter((host) => host.name !== hostName);
      return hosts.length === 0 ? [] : [{ ...group, hosts }];
    }),
  }));
}

/** The group of the same name is replaced, so that a run that was cut off can be repeated. */
export function saveGroup(inventoryPath: string, group: GroupEntry): void {
  const entry = GroupEntry.parse(group);
  updateInventory(inventoryPath, (present) => ({
    ...present,
    groups: [...present.groups.filter(({ name }) => name !== entry.name), entry],
  }));
}

/** A group of this name may only be there when an earlier run with the same hosts and place was cut off. */
export function groupBegunEarlier(
  inventoryPath: string,
  wanted: { readonly name: string; readonly hosts: readonly string[]; readonly areaPath: string },
): GroupEntry | null {
  const group = readInventory(inventoryPath).groups.find(({ name }) => name === wanted.name);
  if (group === undefined) return null;
  const same = group.hosts.map((host) => host.name).join(',') === wanted.hosts.join(',');
  if (same && group.areaPath === wanted.areaPath) return group;
  throw fail({
    code: 'input.group-exists',
    message: `There is already a group ${wanted.name}, with ${group.hosts.map((host) => host.name).join(', ')} and ${group.areaPath}.`,
    fix: 'Choose another name; or repeat the command with the same hosts and place to go on with it.',
    field: 'name',
  });
}
