import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AREA_BYTES, areaHeaderBlocks, firstConfigBlock } from '../../agent/core/area.ts';
import { BLOCK_BYTES } from '../../agent/core/record.ts';
import { writeDemoVm } from '../../agent/hypervisor/demoDefinitions.ts';
import { pathsUnder } from '../../agent/paths.ts';
import type { GroupConfig, HostSettings } from '../../agent/protocol/group.ts';

/** A demo host as it is laid out on disk. `root` is short: a unix socket's path has room for 107 bytes. */
export interface DemoHostPlan {
  readonly name: string;
  readonly slot: number;
  readonly root: string;
  readonly agentSocket: string;
}

export interface DemoVmPlan {
  readonly name: string;
  readonly vm: string;
  readonly memoryMiB: number;
  /** The host that it is defined on at first. */
  readonly home: string;
}

export interface DemoPlan {
  readonly groupId: string;
  readonly groupName: string;
  readonly hosts: readonly DemoHostPlan[];
  readonly vms: readonly DemoVmPlan[];
}

const HOSTS = ['alpha', 'beta'] as const;
const VMS = [
  { name: 'web-shop', memoryMiB: 4096, home: 'alpha' },
  { name: 'mail', memoryMiB: 2048, home: 'alpha' },
  { name: 'files', memoryMiB: 8192, home: 'beta' },
] as const;

/** The two links of the demo group: all of 127.0.0.0/8 is the loopback on Linux. */
export const LINK_ADDRESSES = ['127.0.0.1', '127.0.1.1'] as const;

/** Lays out a whole demo group under `folder`: the store with its lease area, and what an installer would write on each host. */
export async function layOutDemo(folder: string, ports: readonly number[]): Promise<DemoPlan> {
  const groupId = randomUUID();
  const areaId = randomUUID();
  const hosts = HOSTS.map((name, slot) => {
    const root = join(folder, name);
    return { name, slot, root, agentSocket: pathsUnder(root).agentSocket };
  });
  const config = firstConfig(groupId, areaId, hosts, ports);
  const areaPath = join(folder, 'store', 'lease-area');
  createArea(areaPath, areaId, config);
  const key = randomBytes(32).toString('hex');
  for (const host of hosts) installHost(host, { areaId, areaPath, config, key });
  const vms = VMS.map((vm) => ({ ...vm, vm: randomUUID() }));
  for (const { home, ...vm } of vms) {
    const root = hosts.find(({ name }) => name === home)?.root;
    if (root !== undefined) await writeDemoVm(root, vm);
  }
  return { groupId, groupName: config.groupName, hosts, vms };
}

function firstConfig(
  groupId: string,
  areaId: string,
  hosts: readonly DemoHostPlan[],
  ports: readonly number[],
): GroupConfig {
  return {
    groupId,
    groupName: 'Demo group',
    areaId,
    generation: 1,
    profile: 'swift',
    disarmed: false,
    hosts: hosts.map(({ name, slot }) => ({
      slot,
      name,
      hardwareId: randomBytes(32).toString('hex'),
      links: LINK_ADDRESSES.map((address, link) => {
        const port = ports[slot * LINK_ADDRESSES.length + link];
        if (port === undefined) throw new Error('The demo group needs a port for each link of each host.');
        return { link, address, port };
      }),
      acceptSoftwareWatchdog: false,
    })),
    vms: [],
  };
}

function createArea(path: string, areaId: string, config: GroupConfig): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    ftruncateSync(descriptor, AREA_BYTES);
    const { groupId } = config;
    const header = areaHeaderBlocks({
      areaId,
      groupId,
      blockBytes: BLOCK_BYTES,
      hostSlots: 8,
      tokenSlots: 64,
    });
    writeSync(descriptor, header, 0, header.length, 0);
    const first = firstConfigBlock(config);
    writeSync(descriptor, first.data, 0, first.data.length, first.block * BLOCK_BYTES);
  } finally {
    closeSync(descriptor);
  }
}

function installHost(
  { name, slot, root }: DemoHostPlan,
  shared: {
    readonly areaId: string;
    readonly areaPath: string;
    readonly config: GroupConfig;
    readonly key: string;
  },
): void {
  const paths = pathsUnder(root);
  const { config, areaId, areaPath } = shared;
  const hardwareId = config.hosts.find((host) => host.slot === slot)?.hardwareId ?? '';
  const settings: HostSettings = {
    version: 1,
    slot,
    hostName: name,
    hardwareId,
    groupId: config.groupId,
    areaId,
    areaPath,
    hypervisor: 'demo',
    watchdogDevice: paths.demoWatchdogSocket,
    watchdogAttributes: null,
  };
  for (const folder of [paths.etcDir, paths.libDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (path: string, text: string): void => writeFileSync(path, text, { mode: 0o600 });
  write(paths.hostSettings, `${JSON.stringify(settings)}\n`);
  write(paths.groupConfig, `${JSON.stringify(config)}\n`);
  write(paths.groupKey, `${shared.key}\n`);
}

/** What a boot changes on a host: a new boot id, and nothing left in /run. */
export function freshBoot({ root }: DemoHostPlan): void {
  const paths = pathsUnder(root);
  rmSync(paths.runDir, { recursive: true, force: true });
  mkdirSync(paths.runDir, { recursive: true, mode: 0o700 });
  writeFileSync(paths.bootIdFile, `${randomUUID()}\n`);
}
