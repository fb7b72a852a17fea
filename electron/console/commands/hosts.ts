import { fail } from '../../backend/failures.ts';
import { hostByName, readInventory, updateInventory } from '../../backend/inventory/inventory.ts';
import { type Auth, HostEntry, type HostKey, Login, type PinnedKey } from '../../backend/inventory/schema.ts';
import { openOne, probeHostKey } from '../../backend/ssh/connect.ts';
import { normalFingerprint } from '../../backend/ssh/hostKey.ts';
import { isKnownKey, readKnownHosts } from '../../backend/ssh/knownHosts.ts';
import { type HostSession, runChecked } from '../../backend/ssh/session.ts';
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
  if (readInventory(context.inventoryPath).hosts.some((host) => host.name === name)) {
    throw fail({
      code: 'input.host-exists',
      message: `There is already a host ${name}.`,
      fix: 'Choose another name, or remove it first: hosts remove.',
      field: 'NAME',
    });
  }
  const jump = await jumpLogin(args, context);
  const login = {
    address,
    port: args.number('port', 22, 1, 65_535),
    user: args.text('user') ?? 'root',
    auth: authOf(args.text('key'), args, context),
  };
  const checked = HostEntry.safeParse({ name, ...login, hostKey: placeholderKey, jump });
  if (!checked.success) throw invalid(args, checked.error);
  const hostKey = await confirmKey(checked.data, jump, acceptance(args, 'accept-key'), context);
  const entry: HostEntry = { ...checked.data, hostKey };
  const found = await tryHost(await context.open(entry));
  updateInventory(context.inventoryPath, (present) => ({ ...present, hosts: [...present.hosts, entry] }));
  return { text: `${name} added: ${found}\n`, data: { host: name, hostKey: hostKey.sha256, found } };
}

/** Login and root must work before a host is saved: otherwise nothing else would. */
async function tryHost(session: HostSession): Promise<string> {
  try {
    const script = '[ "$(id -u)" = 0 ]\nprintf "%s, %s" "$(uname -n)" "$(uname -srm)"';
    return (await runChecked(session, { what: 'becoming root', script }, 'ssh.root-refused')).trim();
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

async function jumpLogin(args: Arguments, context: Context): Promise<Login | null> {
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
  const hostKey = await confirmKey(checked.data, null, acceptance(args, 'jump-accept-key'), context);
  return { ...checked.data, hostKey };
}

/** Only there while an entry without its key yet is validated. */
const placeholderKey: PinnedKey = {
  algorithm: 'none',
  sha256: `SHA256:${'A'.repeat(43)}`,
  firstSeenAt: '',
  confirmedBy: 'user',
};

interface Acceptance {
  readonly fingerprint: string | undefined;
  readonly knownHosts: boolean;
}

function acceptance(args: Arguments, option: string): Acceptance {
  return { fingerprint: args.text(option), knownHosts: args.flag('use-known-hosts') };
}

async function confirmKey(
  target: Login,
  jump: Login | null,
  accepted: Acceptance,
  context: Context,
): Promise<PinnedKey> {
  const via = jump === null ? null : await openOne('the jump host', jump, context.secrets, null);
  try {
    const seen = await probeHostKey(target, via);
    const firstSeenAt = context.now().toISOString();
    const { fingerprint } = accepted;
    if (fingerprint !== undefined && normalFingerprint(fingerprint) === seen.sha256) {
      return { ...seen, firstSeenAt, confirmedBy: 'fingerprint' };
    }
    const known = isKnownKey(readKnownHosts(), target, seen);
    if (fingerprint === undefined && known && accepted.knownHosts) {
      return { ...seen, firstSeenAt, confirmedBy: 'known-hosts' };
    }
    throw notConfirmed(target.address, seen, fingerprint, known);
  } finally {
    via?.end();
  }
}

function notConfirmed(address: string, seen: HostKey, given: string | undefined, known: boolean): Error {
  const other = given === undefined ? '' : `, not ${given}`;
  return fail({
    code: given === undefined ? 'ssh.host-key-unknown' : 'ssh.host-key-other',
    message: `${address} shows the ${seen.algorithm} host key ${seen.sha256}${other}.`,
    meaning: known
      ? 'It is the one in your known_hosts. Nothing was sent to the host yet.'
      : 'Only a key that you have compared proves that this is your host. Nothing was sent to it.',
    fix: `Compare on the host itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. If it is the same, add --accept-key ${seen.sha256}`,
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
  const { hosts, groups } = readInventory(context.inventoryPath);
  const groupOf = (name: string): string | null =>
    groups.find((group) => group.hosts.some((host) => host.name === name))?.name ?? null;
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
  const group = inventory.groups.find((each) => each.hosts.some((host) => host.name === name));
  if (group !== undefined) {
    throw fail({
      code: 'input.host-in-group',
      message: `${name} belongs to the group ${group.name}.`,
      fix: `Uninstall it first (uninstall ${name}), or forget the group (group forget ${group.name}).`,
    });
  }
  updateInventory(context.inventoryPath, (present) => ({
    ...present,
    hosts: present.hosts.filter((host) => host.name !== name),
  }));
  return { text: `${name} removed; nothing was changed on it.\n`, data: { host: name } };
}

async function changeKey(args: Arguments, context: Context): Promise<Outcome> {
  const [name = ''] = args.exactly('NAME');
  const host = hostByName(readInventory(context.inventoryPath), name);
  const hostKey = await confirmKey(host, host.jump, acceptance(args, 'accept-key'), context);
  updateInventory(context.inventoryPath, (present) => ({
    ...present,
    hosts: present.hosts.map((each) => (each.name === name ? { ...each, hostKey } : each)),
  }));
  return {
    text: `${name} now has the key ${hostKey.sha256}.\n`,
    data: { host: name, hostKey: hostKey.sha256 },
  };
}
