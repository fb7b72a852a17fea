import type { Duplex } from 'node:stream';
import { readInventory, hostByName } from '../backend/inventory/inventory.ts';
import type { GroupEntry } from '../backend/inventory/schema.ts';
import type { GroupSource } from './openGroup.ts';

/** The groups that were set up from this computer. Throws a FailureError when the inventory can't be read. */
export function installedGroups(inventoryPath: string): readonly GroupEntry[] {
  return readInventory(inventoryPath).groups;
}

/** `open`: a stream to the agent of a known host; rejects with a FailureError. */
export function installedSource(
  inventoryPath: string,
  group: GroupEntry,
  open: (host: string) => Promise<Duplex>,
): GroupSource {
  const inventory = readInventory(inventoryPath);
  return {
    id: group.groupId,
    kind: 'installed',
    name: group.name,
    hosts: group.hosts.map(({ name }) => ({
      name,
      address: hostByName(inventory, name).address,
      open: () => open(name),
    })),
  };
}
