import { existsSync } from 'node:fs';
import {
  hostAddress,
  hostNames,
  hostNetns,
  labAddress,
  linkNames,
  netns,
  numberOf,
  outsideInterface,
  portName,
  subnets,
  type HostName,
  type LinkName,
} from './layout.ts';
import { LabError, mustRun, run, type RunOptions, type RunResult } from './run.ts';

const namespacePath = (name: string): string => `/run/netns/${name}`;
const bridgeOf = (link: LinkName): string => `br-${link}`;

/** Several ip commands in one process: the lab makes dozens of them. */
async function ip(namespace: string | null, commands: readonly string[]): Promise<void> {
  const where = namespace === null ? [] : ['-n', namespace];
  await mustRun('ip', [...where, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

async function nft(rules: string): Promise<void> {
  await mustRun('nsenter', [`--net=${namespacePath(netns)}`, 'nft', '-f', '-'], { input: rules });
}

/** Runs a program inside the lab's network, where no host's faults are in the way. */
export async function runInLabNetwork(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<RunResult> {
  return run('nsenter', [`--net=${namespacePath(netns)}`, command, ...args], options);
}

async function refuseUsedSubnets(): Promise<void> {
  const routes = (await mustRun('ip', ['-4', 'route', 'show', 'table', 'all'])).split('\n');
  const taken = routes.find(
    (line) =>
      Object.values(subnets).some((subnet) => line.includes(`${subnet}.`)) &&
      !line.includes(` ${outsideInterface} `),
  );
  if (taken !== undefined) {
    throw new LabError(
      'subnet-in-use',
      `This machine already uses an address range of the lab: ${taken.trim()}.`,
    );
  }
}

/** Makes the switches of both links, and gives this machine an address on the LAN. */
export async function makeNetwork(): Promise<void> {
  if (existsSync(namespacePath(netns))) return;
  await refuseUsedSubnets();
  await mustRun('ip', ['netns', 'add', netns]);
  await ip(netns, [
    'link set lo up',
    ...linkNames.flatMap((link) => [
      `link add ${bridgeOf(link)} type bridge forward_delay 0`,
      `link set ${bridgeOf(link)} up`,
    ]),
    // The address of the LAN's switch itself serves the BMCs, which live in this namespace.
    `addr add ${subnets.lan}.2/24 dev ${bridgeOf('lan')}`,
  ]);
  await ip(null, [
    `link add ${outsideInterface} type veth peer name outside netns ${netns}`,
    `addr add ${labAddress}/24 dev ${outsideInterface}`,
    `link set ${outsideInterface} up`,
  ]);
  await ip(netns, [`link set outside master ${bridgeOf('lan')}`, 'link set outside up']);
}

/** Plugs a host in: eth0 below its bridge br0 on the LAN, eth1 on the cable. */
export async function plugIn(host: HostName): Promise<void> {
  const namespace = hostNetns(host);
  await unplug(host);
  await mustRun('ip', ['netns', 'add', namespace]);
  const address = `52:54:00:77:00:1${numberOf(host)}`;
  await ip(netns, [
    `link add ${portName(host, 'lan')} type veth peer name eth0 netns ${namespace}`,
    `link add ${portName(host, 'cable')} type veth peer name eth1 netns ${namespace}`,
    ...linkNames.flatMap((link) => [
      `link set ${portName(host, link)} master ${bridgeOf(link)}`,
      `link set ${portName(host, link)} up`,
    ]),
  ]);
  await ip(namespace, [
    'link set lo up',
    `link set eth0 address ${address}`,
    'link add br0 type bridge forward_delay 0',
    `link set br0 address ${address}`,
    'link set eth0 master br0',
    'link set eth0 up',
    'link set br0 up',
    `addr add ${hostAddress(host, 'lan')}/24 dev br0`,
    `addr add ${hostAddress(host, 'cable')}/24 dev eth1`,
    'link set eth1 up',
  ]);
}

async function unplug(host: HostName): Promise<void> {
  for (const link of linkNames) await run('ip', ['-n', netns, 'link', 'del', portName(host, link)]);
  await run('ip', ['netns', 'del', hostNetns(host)]);
}

/** Silences a host that loses its power, before its processes die: a dead host sends no FIN and no RST. */
export async function silence(host: HostName): Promise<void> {
  await run('ip', ['-n', netns, '-batch', '-'], { input: silenceCommands(host).join('\n') });
}

export function silenceCommands(host: HostName): readonly string[] {
  return linkNames.map((link) => `link set ${portName(host, link)} down`);
}

export async function removeNetwork(): Promise<void> {
  for (const host of hostNames) await run('ip', ['netns', 'del', hostNetns(host)]);
  await run('ip', ['link', 'del', outsideInterface]);
  await run('ip', ['netns', 'del', netns]);
}

const linksOf = (link: LinkName | undefined): readonly LinkName[] =>
  link === undefined ? linkNames : [link];
const tableName = (kind: string, ...parts: readonly string[]): string =>
  [kind, ...parts].join('_').replaceAll('-', '_');

/** Drops packets at a host's switch port: those it sends, those it should hear, each with a probability in percent. */
async function drop(
  host: HostName,
  link: LinkName,
  percent: { readonly sent: number; readonly heard: number },
): Promise<void> {
  const port = portName(host, link);
  const table = `table netdev ${tableName('drop', port)}`;
  const chain = (name: string, hook: string, part: number): string => {
    if (part === 0) return '';
    const some = part === 100 ? '' : `numgen random mod 100 < ${part}`;
    return `chain ${name} {\n type filter hook ${hook} device "${port}" priority 0\n ${some} drop\n}`;
  };
  const rules = [chain('sent', 'ingress', percent.sent), chain('heard', 'egress', percent.heard)].join('\n');
  await nft(`${table}\ndelete ${table}\n${table} {\n${rules}\n}\n`);
}

/** Network faults. Without a `link` they concern both of the host's links. */
export const networkFaults = {
  /** Pulls the cable: no packet passes, and both ends see the carrier go. */
  async cut(host: HostName, link?: LinkName): Promise<void> {
    await ip(
      netns,
      linksOf(link).map((name) => `link set ${portName(host, name)} down`),
    );
  },
  async join(host: HostName, link?: LinkName): Promise<void> {
    await ip(
      netns,
      linksOf(link).map((name) => `link set ${portName(host, name)} up`),
    );
  },
  /** The host hears everything and nobody hears it. */
  async mute(host: HostName, link?: LinkName): Promise<void> {
    for (const name of linksOf(link)) await drop(host, name, { sent: 100, heard: 0 });
  },
  /** Everybody hears the host and it hears nothing. */
  async deaf(host: HostName, link?: LinkName): Promise<void> {
    for (const name of linksOf(link)) await drop(host, name, { sent: 0, heard: 100 });
  },
  /** Loses this part of the packets, 0 to 100 percent, in each direction. */
  async loss(host: HostName, percent: number, link?: LinkName): Promise<void> {
    for (const name of linksOf(link)) await drop(host, name, { sent: percent, heard: percent });
  },
  /** One way: nothing that `from` (or a guest on it) sends reaches `to`; the tests and others still reach both. */
  async block(from: HostName, to: HostName, link?: LinkName): Promise<void> {
    for (const name of linksOf(link)) {
      const table = `table bridge ${tableName('block', from, to, name)}`;
      const rule = `iifname ${portName(from, name)} oifname ${portName(to, name)} drop`;
      await nft(
        `${table}\ndelete ${table}\n${table} {\nchain f {\n type filter hook forward priority 0\n ${rule}\n}\n}\n`,
      );
    }
  },
  /** Both ways between two hosts. */
  async partition(one: HostName, other: HostName, link?: LinkName): Promise<void> {
    await networkFaults.block(one, other, link);
    await networkFaults.block(other, one, link);
  },
  /** Ends every fault of the network, for all hosts that are switched on. */
  async heal(): Promise<void> {
    await nft('flush ruleset\n');
    for (const host of hostNames) {
      if (existsSync(namespacePath(hostNetns(host)))) await networkFaults.join(host);
    }
  },
};
