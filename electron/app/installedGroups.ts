import type { Duplex } from 'node:stream';
import { FailureError } from '../../agent/protocol/failure.ts';
import { readInventory, hostByName } from '../backend/inventory/inventory.ts';
import type { GroupEntry } from '../backend/inventory/schema.ts';
import type { SecretSource } from '../backend/secret.ts';
import { openSession, type HostSession } from '../backend/ssh/session.ts';
import type { GroupSource } from './openGroup.ts';

/** Watching asks for nothing: a host that wants a password says so, and names the way out. */
const noSecrets: SecretSource = async () => null;

/** The console's way of giving secrets is none here; the window names its own way out. */
const SECRETS_WANTED: ReadonlySet<string> = new Set([
  'ssh.password-missing',
  'ssh.passphrase-missing',
  'ssh.sudo-password-missing',
]);
const SECRET_FIX =
  'The window asks for no secrets: let this host accept a key of your SSH agent (ssh-copy-id).';

async function logIn(inventoryPath: string, name: string): Promise<HostSession> {
  try {
    return await openSession(hostByName(readInventory(inventoryPath), name), noSecrets);
  } catch (fault) {
    if (!(fault instanceof FailureError) || !SECRETS_WANTED.has(fault.failure.code)) throw fault;
    throw new FailureError({ ...fault.failure, fix: SECRET_FIX });
  }
}

/** A stream to the agent over an SSH connection of its own, which ends with it. */
async function openOverSsh(inventoryPath: string, name: string): Promise<Duplex> {
  const session = await logIn(inventoryPath, name);
  try {
    const stream = await session.openControl();
    stream.once('close', () => session.close());
    void session.closed.then(() => stream.destroy());
    return stream;
  } catch (fault) {
    session.close();
    throw fault;
  }
}

/** The groups that were set up from this computer. Throws a FailureError when the inventory can't be read. */
export function installedGroups(inventoryPath: string): readonly GroupEntry[] {
  return readInventory(inventoryPath).groups;
}

export function installedSource(inventoryPath: string, group: GroupEntry): GroupSource {
  const inventory = readInventory(inventoryPath);
  return {
    id: group.groupId,
    kind: 'installed',
    name: group.name,
    hosts: group.hosts.map(({ name }) => ({
      name,
      address: hostByName(inventory, name).address,
      open: () => openOverSsh(inventoryPath, name),
    })),
  };
}
