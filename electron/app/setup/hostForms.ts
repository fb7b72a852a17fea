import { FailureError } from '../../../agent/protocol/failure.ts';
import { HostName, MAX_HOSTS } from '../../../agent/protocol/ids.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { gatherFacts } from '../../backend/facts/facts.ts';
import {
  groupWith,
  placeholderKey,
  refuseKnownName,
  replaceEntry,
  saveHost,
  tryRoot,
} from '../../backend/hosts/hosts.ts';
import { COMPARE_COMMAND, type KeyJudge, learnKey } from '../../backend/hosts/learnKey.ts';
import { hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { HostEntry, Login, PinnedKey } from '../../backend/inventory/schema.ts';
import { jumpName } from '../../backend/ssh/connect.ts';
import { HostKeyChanged } from '../../backend/ssh/sshFailure.ts';
import type { HostInput, LoginInput } from '../../ipc/setup/contract.ts';
import type { KeyChange } from '../../ipc/setup/views.ts';
import type { SetupContext } from './setupContext.ts';

/** Longest name that a host's own is cut to when it is taken as the name here. */
const MAX_NAME = 63;

/** A login that works, its keys confirmed: everything but where it is kept. */
export interface VerifiedHost {
  readonly entry: HostEntry;
  readonly hostname: string;
}

/**
 * Learns and confirms the keys, logs in and becomes root. Nothing is saved. Keys that are pinned already for the same
 * address are not asked about again; a changed one is refused. Throws a FailureError whose field is the input's path.
 */
export async function verifyHost(
  context: SetupContext,
  input: HostInput,
  known: HostEntry | null,
): Promise<VerifiedHost> {
  const name = input.name === '' ? input.address : input.name;
  const { jump: _jump, name: _name, ...own } = input;
  try {
    const jump =
      input.jump === null
        ? null
        : await pinned(context, jumpName(name), input.jump, known?.jump ?? null, null);
    const login = await pinned(context, name, own, known, jump);
    const entry: HostEntry = { name, ...login, jump };
    const session = await context.access.openNew(entry);
    try {
      const { hostname } = await tryRoot(session);
      const finalName = input.name === '' ? nameFrom(hostname, input.address) : name;
      context.secrets.rename(name, finalName);
      context.secrets.rename(jumpName(name), jumpName(finalName));
      await context.secrets.accepted(finalName, ['password', 'passphrase', 'sudo']);
      await context.secrets.accepted(jumpName(finalName), ['password', 'passphrase']);
      return { entry: { ...entry, name: finalName }, hostname };
    } finally {
      session.close();
    }
  } catch (fault) {
    throw withField(fault);
  }
}

/** The host's own name without its domain, or its address, as far as it is a name. */
function nameFrom(hostname: string, address: string): string {
  const short = hostname.split('.')[0]?.slice(0, MAX_NAME) ?? '';
  return HostName.safeParse(short).success ? short : address.slice(0, MAX_NAME);
}

async function pinned(
  context: SetupContext,
  name: string,
  input: LoginInput,
  known: Login | null,
  jump: Login | null,
): Promise<Login> {
  const blank: Login = { ...input, hostKey: placeholderKey };
  if (known !== null && known.address === input.address && known.port === input.port) {
    return { ...blank, hostKey: known.hostKey };
  }
  const hostKey = await askKey(context, name, blank, jump);
  return { ...blank, hostKey };
}

async function askKey(
  context: SetupContext,
  name: string,
  target: Login,
  jump: Login | null,
): Promise<PinnedKey> {
  const judge: KeyJudge = async ({ key, known }) => {
    const answer = await context.desk.ask({
      kind: 'host-key',
      host: name,
      address: target.address,
      port: target.port,
      key: { ...key, firstSeenAt: null },
      inKnownHosts: known,
      compareWith: COMPARE_COMMAND,
    });
    return answer.kind === 'accept' ? 'user' : null;
  };
  const secrets = context.secrets.source(true);
  const key = await learnKey(target, jump, { hostName: name, secrets, judge, now: context.now });
  if (key !== null) return key;
  throw fail({
    code: 'setup.key-refused',
    message: `The host key of ${target.address} was not confirmed.`,
    meaning: 'Nothing was sent to the host.',
    fix: 'Compare the fingerprint at the console of the host itself, then add it again.',
    field: 'address',
  });
}

/** Which field a refusal is about, where the failure itself does not say so. */
const fields: ReadonlyMap<string, string> = new Map([
  ['ssh.unreachable', 'address'],
  ['ssh.timeout', 'address'],
  ['ssh.connection-lost', 'address'],
  ['ssh.host-key-changed', 'address'],
  ['ssh.auth-refused', 'user'],
  ['ssh.root-refused', 'user'],
  ['ssh.sudo-refused', 'user'],
  ['ssh.sudo-missing', 'user'],
  ['ssh.no-agent', 'auth.kind'],
  ['ssh.key-file-unreadable', 'auth.keyFile'],
  ['ssh.key-file-invalid', 'auth.keyFile'],
  ['ssh.passphrase-wrong', 'auth.keyFile'],
  ['ssh.passphrase-missing', 'auth.keyFile'],
  ['ssh.password-missing', 'auth.kind'],
  ['ssh.jump-refused', 'jump.address'],
]);

function withField(fault: unknown): unknown {
  if (!(fault instanceof FailureError) || fault instanceof HostKeyChanged) return fault;
  const field = fields.get(fault.failure.code);
  return field === undefined ? fault : fail({ ...fault.failure, field });
}

export function keyChangeOf(host: string, fault: unknown): KeyChange | null {
  if (!(fault instanceof HostKeyChanged)) return null;
  const { pinned: before, offered } = fault;
  return {
    host,
    pinned: { algorithm: before.algorithm, sha256: before.sha256, firstSeenAt: before.firstSeenAt },
    seen: { ...offered, firstSeenAt: null },
    compareWith: COMPARE_COMMAND,
  };
}

/**
 * Verifies a host, keeps it, and takes it into the set-up. One that was added before, and left out again, is known by its
 * address. Returns its name.
 */
export async function addHost(context: SetupContext, input: HostInput): Promise<string> {
  const state = context.current();
  if (state.hosts.length >= MAX_HOSTS) throw tooMany();
  const inventory = readInventory(context.inventoryPath);
  const known = inventory.hosts.find(({ address, port }) => address === input.address && port === input.port);
  if (known !== undefined && state.hosts.includes(known.name)) throw inAlready(known.name);
  const again = known !== undefined && groupWith(inventory, known.name) === null ? known : null;
  if (input.name !== '' && input.name !== again?.name) refuseKnownName(inventory, input.name, 'name');
  const named = again !== null && input.name === '' ? { ...input, name: again.name } : input;
  const { entry } = await verifyHost(context, named, again);
  if (again === null) saveHost(context.inventoryPath, entry, 'name');
  else replaceEntry(context.inventoryPath, again.name, entry);
  context.access.drop(entry.name);
  take(context, entry.name);
  // What it says of itself is shown as soon as it is there; the checks read it again, and say what is wrong.
  context.access.on(entry.name, true, gatherFacts).then(context.noteFacts, () => undefined);
  return entry.name;
}

const inAlready = (name: string): Error =>
  fail({
    code: 'input.host-exists',
    message: `${name} has this address, and is in this set-up already.`,
    field: 'address',
  });

function take(context: SetupContext, name: string): void {
  const state = context.current();
  if (state.hosts.includes(name)) return;
  if (state.hosts.length >= MAX_HOSTS) throw tooMany();
  state.hosts = [...state.hosts, name];
  state.reach.set(name, { kind: 'reached' });
  state.plan = null;
  context.save(state);
}

const tooMany = (): Error =>
  fail({ code: 'setup.too-many-hosts', message: `A group has at most ${MAX_HOSTS} hosts.` });

/** A host that this computer knows already, after it was reached. */
export async function addKnown(context: SetupContext, name: string): Promise<void> {
  const inventory = readInventory(context.inventoryPath);
  hostByName(inventory, name);
  const group = groupWith(inventory, name);
  if (group !== null) {
    throw fail({
      code: 'input.host-in-group',
      message: `${name} belongs to the group ${group.name}.`,
      meaning: 'A host belongs to one group at a time.',
      field: 'host',
    });
  }
  await context.access.on(name, true, tryRoot);
  take(context, name);
}

/** Changes how a host is reached: verified before the old way is given up. Returns its name. */
export async function changeHost(context: SetupContext, name: string, input: HostInput): Promise<string> {
  const known = hostByName(readInventory(context.inventoryPath), name);
  context.work.refuseBusy([name]);
  const { entry } = await verifyHost(
    context,
    { ...input, name: input.name === '' ? name : input.name },
    known,
  );
  replaceEntry(context.inventoryPath, name, entry);
  context.access.drop(name);
  return entry.name;
}

/** After a reinstallation: learns the key that the host shows now and asks to confirm it. */
export async function forgetKey(context: SetupContext, name: string): Promise<void> {
  const known = hostByName(readInventory(context.inventoryPath), name);
  const hostKey = await askKey(context, name, known, known.jump);
  replaceEntry(context.inventoryPath, name, { ...known, hostKey });
  context.access.drop(name);
  context.keyConfirmed(name);
}

/** How a host answered, for its line in the set-up. Rethrows what it was. */
export async function noteReach<Result>(
  context: SetupContext,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const state = context.current();
  state.reach.set(name, { kind: 'connecting' });
  context.changed();
  try {
    const result = await work();
    state.reach.set(name, { kind: 'reached' });
    return result;
  } catch (fault) {
    state.reach.set(name, { kind: 'refused', failure: asFailure(fault) });
    throw fault;
  } finally {
    context.changed();
  }
}
