import { hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { HostEntry } from '../../backend/inventory/schema.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import type { Context } from '../command.ts';

export interface OpenHost {
  readonly entry: HostEntry;
  readonly session: HostSession;
}

/** Opens a session to each named host (all hosts when none is named), does the work, and closes them whatever happens. */
export async function withHosts<Result>(
  names: readonly string[],
  context: Context,
  work: (hosts: readonly OpenHost[]) => Promise<Result>,
): Promise<Result> {
  const inventory = readInventory(context.inventoryPath);
  const entries =
    names.length === 0 ? inventory.hosts : [...new Set(names)].map((name) => hostByName(inventory, name));
  const opened = await Promise.allSettled(
    entries.map(async (entry) => ({ entry, session: await context.open(entry) })),
  );
  const hosts = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    const refused = opened.find((each) => each.status === 'rejected');
    if (refused !== undefined) throw refused.reason;
    return await work(hosts);
  } finally {
    for (const { session } of hosts) session.close();
  }
}
