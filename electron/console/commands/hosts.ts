import { fail } from '../../backend/failures.ts';
import { hostByName, readInventory, updateInventory } from '../../backend/inventory/inventory.ts';
import { type Auth, HostEntry, type HostKey, Login, type PinnedKey } from '../../backend/inventory/schema.ts';
import {
  forgetHost,
  groupWith,
  placeholderKey,
  refuseKnownName,
  saveHost,
  tryRoot,
} from '../../backend/hosts/hosts.ts';
import { COMPARE_COMMAND, type KeyJudge, learnKey } from '../../backend/hosts/learnKey.ts';
import { jumpName } from '../../backend/ssh/connect.ts';
import { normalFingerprint } from '../../backend/ssh/hostKey.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';

const loginOptions = {
  port: { type: 'string' },
  user: { type: 'string' },
  key: { type: 'string' },
  'use-agent': { type: 'boolean' },
  'accept-key': { type: 'string' },
  'use-known-hosts': { type: 'boolean' },
  jump: { type: 'string' },
  'jump-user': { type: 'string' },
  'jump-port': { type: 'string' },
  'jump-key': { type: 'string' },
  'jump-accept-key': { type: 'string' },
} as const;

export const hostCommands: readonly Command[] = [
  {
    words: 'hosts add',
    usage: 'hosts add NAME ADDRESS [--user U] [--port N] [--key FILE] [--accept-key SHA256:...]',
    summary: 'Add a host: its key is pinned, login and root are tried, then it is saved.',
    options: loginOptions,
    run: addHost,
  },
  {
    words: 'hosts list',
    usage: 'hosts list',
    summary: 'List the hosts of the inventory.',
    options: {},
    run: listHosts,
  },
  {
    words: 'hosts remove',
    usage: 'hosts remove NAME',
    summary: 'Forget a host; nothing is changed on it.',
    options: {},
    run: removeHost,
  },
  {
    words: 'hosts key',
    usage: 'hosts key NAME --accept-key SHA256:...',
    summary: 'Pin a new host key, after the host was installed anew.',
    options: { 'accept-key': { type: 'string' }, 'use-known-hosts': { type: 'boolean' } },
    run: changeKey,
  },
];

async function addHost(args: Arguments, context: Context): Promise<Outcome> {
  const [name = '', address = ''] = args.exactly('NAME', 'ADDRESS');
  refuseKnownName(readInventory(context.inventoryPath), name, 'NAME');
  const jump = await jumpLogin(name, args, context);
  const login = {
    address,
    port: args.number('port', 22, 1, 65_535),
    user: args.text('user') ?? 'root',
    auth: authOf(args.text('key'), args, context),
  };
  const checked = HostEntry.safeParse({ name, ...login, hostKey: placeholderKey, jump });
  if (!checked.success) throw invalid(args, checked.error);
  const hostKey = await confirmKey(name, checked.data, jump, acceptance(args, 'accept-key'), context);
  const entry: HostEntry = { ...checked.data, hostKey };
  const found = await tryHost(await context.open(entry));
  saveHost(context.inventoryPath, entry, 'NAME');
  return { text: `${name} added: ${found}\n`, data: { host: name, hostKey: hostKey.sha256, found } };
}

async function tryHost(session: HostSession): Promise<string> {
  try {
    const { hostname, system } = await tryRoot(session);
    return `${hostname}, ${system}`;
  } finally {
    session.close();
  }
}

function authOf(keyFile: string | undefined, args: Arguments, context: Context): Auth {
  if (keyFile !== undefined) return { kind: 'key', keyFile };
  if (args.flag('use-agent')) return { kind: 'agent' };
  if (context.hasPassword) return { kind: 'password' };
  if (context.env['SSH_AUTH_SOCK'] !== undefined) return { kind: 'agent' };
  throw args.wrong(
    'no way to log in is given: --key FILE, --use-agent, --password-env NAME or --password-stdin',
  );
}

async function jumpLogin(name: string, args: Arguments, context: Context): Promise<Login | null> {
  const address = args.text('jump');
  if (address === undefined) return null;
  const login = {
    address,
    port: args.number('jump-port', 22, 1, 65_535),
    user: args.text('jump-user') ?? args.text('user') ?? 'root',
    auth: authOf(args.text('jump-key') ?? args.text('key'), args, context),
  };
  const checked = Login.safeParse({ ...login, hostKey: placeholderKey });
  if (!checked.success) throw invalid(args, checked.error);
  const hostKey = await confirmKey(
    jumpName(name),
    checked.data,
    null,
    acceptance(args, 'jump-accept-key'),
    context,
  );
  return { ...checked.data, hostKey };
}

interface Acceptance {
  readonly fingerprint: string | undefined;
  readonly knownHosts: boolean;
}

function acceptance(args: Arguments, option: string): Acceptance {
  return { fingerprint: args.text(option), knownHosts: args.flag('use-known-hosts') };
}

async function confirmKey(
  hostName: string,
  target: Login,
  jump: Login | null,
  accepted: Acceptance,
  context: Context,
): Promise<PinnedKey> {
  const { fingerprint } = accepted;
  const judge: KeyJudge = async ({ key, known }) => {
    if (fingerprint !== undefined && normalFingerprint(fingerprint) === key.sha256) return 'fingerprint';
    if (fingerprint === undefined && known && accepted.knownHosts) return 'known-hosts';
    throw notConfirmed(target.address, key, fingerprint, known);
  };
  const pinned = await learnKey(target, jump, {
    hostName,
    secrets: context.secrets,
    judge,
    now: context.now,
  });
  if (pinned === null) throw new Error('a key that nobody vouched for');
  return pinned;
}

function notConfirmed(address: string, seen: HostKey, given: string | undefined, known: boolean): Error {
  const other = given === undefined ? '' : `, not ${given}`;
  return fail({
    code: given === undefined ? 'ssh.host-key-unknown' : 'ssh.host-key-other',
    message: `${address} shows the ${seen.algorithm} host key ${seen.sha256}${other}.`,
    meaning: known
      ? 'It is the one in your known_hosts. Nothing was sent to the host yet.'
      : 'Only a key that you have compared proves that this is your host. Nothing was sent to it.',
    fix: `Compare on the host itself: ${COMPARE_COMMAND}. If it is the same, add --accept-key ${seen.sha256}`,
  });
}

function invalid(
  args: Arguments,
  error: { readonly issues: readonly { path: PropertyKey[]; message: string }[] },
): Error {
  const [issue] = error.issues;
  const field = issue?.path.map(String).join('.') ?? '';
  return args.wrong(`${field} ${issue?.message ?? 'is not valid'}`, field);
}

async function listHosts(args: Arguments, context: Context): Promise<Outcome> {
  args.exactly();
  const inventory = readInventory(context.inventoryPath);
  const { hosts } = inventory;
  const groupOf = (name: string): string | null => groupWith(inventory, name)?.name ?? null;
  const lines = hosts.map(
    (host) =>
      `${host.name.padEnd(16)} ${host.user}@${host.address}:${host.port}  ${host.auth.kind}  ${host.hostKey.sha256}  ${groupOf(host.name) ?? '-'}`,
  );
  return {
    text: lines.length === 0 ? 'No hosts yet: hosts add.\n' : `${lines.join('\n')}\n`,
    data: { hosts: hosts.map((host) => ({ ...host, group: groupOf(host.name) })) },
  };
}

async function removeHost(args: Arguments, context: Context): Promise<Outcome> {
  const [name = ''] = args.exactly('NAME');
  const inventory = readInventory(context.inventoryPath);
  hostByName(inventory, name);
  forgetHost(context.inventoryPath, name);
  return { text: `${name} removed; nothing was changed on it.\n`, data: { host: name } };
}

async function changeKey(args: Arguments, context: Context): Promise<Outcome> {
  const [name = ''] = args.exactly('NAME');
  const host = hostByName(readInventory(context.inventoryPath), name);
  const hostKey = await confirmKey(name, host, host.jump, acceptance(args, 'accept-key'), context);
  updateInventory(context.inventoryPath, (present) => ({
    ...present,
    hosts: present.hosts.map((each) => (each.name === name ? { ...each, hostKey } : each)),
  }));
  return {
    text: `${name} now has the key ${hostKey.sha256}.\n`,
    data: { host: name, hostKey: hostKey.sha256 },
  };
}
