import { asFailure, fail } from '../../backend/failures.ts';
import { discoverGroup, entryOf, type FoundGroup } from '../../backend/group/discover.ts';
import { saveGroup } from '../../backend/group/membership.ts';
import { replaceEntry, saveHost } from '../../backend/hosts/hosts.ts';
import { readInventory } from '../../backend/inventory/inventory.ts';
import type { HostEntry } from '../../backend/inventory/schema.ts';
import type { HostInput } from '../../ipc/setup/contract.ts';
import { keyChangeOf, verifyHost } from './hostForms.ts';
import type { SetupContext } from './setupContext.ts';
import type { SetupState } from './setupState.ts';
import { asStep, type Work } from './workBook.ts';

/**
 * Joins this computer to a group through any one of its hosts: the others are named there, are logged in to in the same
 * way, and their keys are asked about, too. Answers with the first host's name; the others go on by themselves.
 */
export async function connectThrough(context: SetupContext, input: HostInput): Promise<string> {
  const state = context.current();
  const { entry } = await verifyHost(context, input, knownAt(context, input));
  const session = await context.access.openNew(entry);
  const found = await discoverGroup(session).finally(() => session.close());
  refuseOtherGroup(context, found);
  const first: HostEntry = { ...entry, name: found.name };
  context.secrets.rename(entry.name, first.name);
  keep(context, first);
  join(context, state, found, [first.name]);
  const others = found.config.hosts.filter(({ name }) => name !== first.name);
  if (others.length > 0) {
    const hosts = found.config.hosts.map(({ name }) => name);
    const title = `Finding the other hosts of ${found.config.groupName}`;
    context.work.begin({ kind: 'connect', groupId: null, title, hosts }, (work) =>
      joinOthers(context, work, { state, first, found }),
    );
  }
  return first.name;
}

/** A host that this computer knows by this address keeps its pinned key. */
function knownAt(context: SetupContext, { address, port }: HostInput): HostEntry | null {
  const { hosts } = readInventory(context.inventoryPath);
  return hosts.find((host) => host.address === address && host.port === port) ?? null;
}

function keep(context: SetupContext, entry: HostEntry): void {
  const known = readInventory(context.inventoryPath).hosts.some(({ name }) => name === entry.name);
  if (known) replaceEntry(context.inventoryPath, entry.name, entry);
  else saveHost(context.inventoryPath, entry, 'name');
  context.access.drop(entry.name);
}

function refuseOtherGroup(context: SetupContext, { config }: FoundGroup): void {
  const twin = readInventory(context.inventoryPath).groups.find(
    ({ name, groupId }) => name === config.groupName && groupId !== config.groupId,
  );
  if (twin === undefined) return;
  throw fail({
    code: 'input.group-exists',
    message: `This computer knows another group ${config.groupName} already.`,
    fix: `Forget that one first: group forget ${config.groupName}.`,
  });
}

function join(context: SetupContext, state: SetupState, found: FoundGroup, added: readonly string[]): void {
  const known = readInventory(context.inventoryPath).groups.find(
    ({ groupId }) => groupId === found.config.groupId,
  );
  const names = [...(known?.hosts.map(({ name }) => name) ?? []), ...added];
  saveGroup(context.inventoryPath, entryOf(found, names));
  state.hosts = found.config.hosts.map(({ name }) => name).filter((name) => names.includes(name));
  for (const name of added) state.reach.set(name, { kind: 'reached' });
  state.groupId = found.config.groupId;
  state.protects = found.config.vms.length > 0;
  context.save(state);
  context.closeGroup(found.config.groupId);
  context.openGroup(found.config.groupId);
}

interface Finding {
  readonly state: SetupState;
  readonly first: HostEntry;
  readonly found: FoundGroup;
}

async function joinOthers(
  context: SetupContext,
  work: Work,
  { state, first, found }: Finding,
): Promise<void> {
  const others = found.config.hosts.filter(({ name }) => name !== first.name);
  for (const { name } of others) work.step(name, { host: name, title: `logging in to ${name}` });
  let refusal: unknown = null;
  for (const { name, links } of others) {
    const { port, user, auth, jump } = first;
    const address = links[0]?.address ?? name;
    try {
      await asStep(work, { id: name, host: name, title: `logging in to ${name}` }, async () => {
        const input = { name, address, port, user, auth, jump };
        const { entry } = await verifyHost(context, input, knownNamed(context, name));
        keep(context, entry);
        join(context, state, found, [name]);
      });
    } catch (fault) {
      refusal ??= fault;
      state.reach.set(name, { kind: 'refused', failure: asFailure(fault) });
      state.keyChange = keyChangeOf(name, fault) ?? state.keyChange;
    }
  }
  if (refusal !== null) throw refusal;
}

const knownNamed = (context: SetupContext, name: string): HostEntry | null =>
  readInventory(context.inventoryPath).hosts.find((host) => host.name === name) ?? null;
