import { homedir } from 'node:os';
import { join } from 'node:path';
import { asFailure, fail } from '../failures.ts';
import { readBoundedFile } from '../boundedFile.ts';
import { writeFileAtomically } from './atomicFile.ts';
import { migrated } from './migrate.ts';
import { type GroupEntry, type HostEntry, INVENTORY_VERSION, Inventory } from './schema.ts';

/** A whole inventory of 64 hosts is below 100 KiB; more is not ours. */
const MAX_INVENTORY_BYTES = 1_048_576;

export function defaultInventoryPath(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  return join(base, 'understudy', 'inventory.json');
}

const empty: Inventory = { version: INVENTORY_VERSION, revision: 0, hosts: [], groups: [], setups: [] };

/** Reads and validates the file; an absent one is an empty inventory. Throws a FailureError, never a guess. */
export function readInventory(path: string): Inventory {
  const text = readText(path);
  if (text === null) return empty;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail({
      code: 'inventory.unreadable',
      message: `${path} is not valid JSON.`,
      meaning: 'The list of hosts can not be read, so nothing is changed.',
      fix: 'Restore the file from a backup, or move it away and add the hosts again: the hosts themselves are not affected.',
    });
  }
  const version =
    typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof version === 'number' && version > INVENTORY_VERSION) {
    throw fail({
      code: 'inventory.newer-version',
      message: `${path} has version ${version}; this app knows version ${INVENTORY_VERSION}.`,
      meaning:
        'A newer version of the app wrote it. This one would lose what it does not know, so it changes nothing.',
      fix: 'Update this app.',
    });
  }
  const parsed = Inventory.safeParse(migrated(value));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue === undefined ? '' : issue.path.map(String).join('.');
  throw fail({
    code: 'inventory.invalid',
    message: `${path} is not a valid inventory: ${field} ${issue?.message ?? ''}`.trim(),
    fix: 'Correct the named field, or move the file away and add the hosts again.',
    ...(field === '' ? {} : { field: field.slice(0, 200) }),
  });
}

function readText(path: string): string | null {
  try {
    return readBoundedFile(path, MAX_INVENTORY_BYTES).toString('utf8');
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return null;
    throw fail({
      code: 'inventory.unreadable',
      message: `${path} can not be read: ${asFailure(fault).message}`,
    });
  }
}

/**
 * Changes the inventory: reads the present one, lets `change` make the next, validates it and replaces the file
 * atomically. The file is read again immediately before the write, so that another window's change is not lost.
 */
export function updateInventory(path: string, change: (present: Inventory) => Inventory): Inventory {
  const present = readInventory(path);
  const next = Inventory.safeParse({ ...change(present), revision: present.revision + 1 });
  if (!next.success) {
    const issue = next.error.issues[0];
    const field = issue === undefined ? '' : issue.path.map(String).join('.');
    throw fail({
      code: 'input.invalid',
      message: `${field === '' ? 'The inventory' : field} ${issue?.message ?? 'is not valid'}`,
      ...(field === '' ? {} : { field: field.slice(0, 200) }),
    });
  }
  if (readInventory(path).revision !== present.revision) {
    throw fail({
      code: 'inventory.changed-meanwhile',
      message: 'Another window or command changed the inventory at the same time.',
      fix: 'Try again.',
    });
  }
  try {
    writeFileAtomically(path, `${JSON.stringify(next.data, null, 2)}\n`);
  } catch (fault) {
    throw fail({
      code: 'inventory.not-written',
      message: `${path} can not be written: ${asFailure(fault).message}`,
      meaning: 'The change was not saved; the old file is untouched.',
      fix: 'Check the free space and the rights of that folder.',
    });
  }
  return next.data;
}

export function hostByName(inventory: Inventory, name: string): HostEntry {
  const host = inventory.hosts.find((each) => each.name === name);
  if (host !== undefined) return host;
  const known = inventory.hosts.map((each) => each.name).join(', ');
  throw fail({
    code: 'input.unknown-host',
    message: `There is no host ${name} in the inventory.`,
    fix: known === '' ? 'Add it first: hosts add.' : `Known hosts: ${known}.`,
    field: 'host',
  });
}

export function groupByName(inventory: Pick<Inventory, 'groups'>, name: string): GroupEntry {
  const group = inventory.groups.find((each) => each.name === name);
  if (group !== undefined) return group;
  const known = inventory.groups.map((each) => each.name).join(', ');
  throw fail({
    code: 'input.unknown-group',
    message: `There is no group ${name} in the inventory.`,
    fix: known === '' ? 'Create one first: group create.' : `Known groups: ${known}.`,
    field: 'group',
  });
}
