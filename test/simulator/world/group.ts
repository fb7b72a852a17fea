import {
  areaHeaderBlocks,
  configBlock,
  encodeConfigBlock,
  encodeLease,
  encodeTokenBlock,
  leaseBlock,
  tokenBlock,
} from '../../../agent/core/area.ts';
import { firstNote } from '../../../agent/core/engine/notes.ts';
import { BLOCK_BYTES } from '../../../agent/core/record.ts';
import { PROFILES } from '../../../agent/core/timing.ts';
import type { GroupConfig, HostSettings, VmPolicy } from '../../../agent/protocol/group.ts';
import type { VmHealth } from '../../../agent/protocol/health.ts';
import type { RunFile } from '../../../agent/protocol/keeperLink.ts';
import type { HolderNote } from '../../../agent/protocol/store.ts';
import type { Scenario, ScenarioVm } from '../scenario/scenario.ts';
import { digestOf } from './definitions.ts';
import { MEMORY_MIB } from './describeVm.ts';
import type { Vm } from './guests.ts';
import type { Store } from './store.ts';

/** The group as an administrator set it up long before second 0: its configuration, the area, what runs where. */

const AREA_ID = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const GROUP_ID = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
/** Everything has been decided once. */
const FIRST = 1;
const POLICY = { maxRestarts: 1, windowMs: 600_000, order: 100, shutdownTimeoutMs: 60_000 } as const;

export function vmsOf(scenario: Scenario): readonly Vm[] {
  return scenario.vms.map((vm, index) => ({
    index,
    name: vm.name,
    uuid: `cccccccc-cccc-4ccc-8ccc-${`${index}`.padStart(12, '0')}`,
    bootMs: vm.bootTime * 1000,
    drain: vm.drain,
    watchesApp: watchesApp(vm.policy.health),
    newest: null,
  }));
}

export function configOf(scenario: Scenario, vms: readonly Vm[]): GroupConfig {
  const slots = scenario.hosts.map((_, slot) => slot);
  return {
    groupId: GROUP_ID,
    groupName: 'simulated',
    areaId: AREA_ID,
    generation: FIRST,
    profile: scenario.profile,
    disarmed: false,
    hosts: scenario.hosts.map((name, slot) => ({
      slot,
      name,
      hardwareId: hardwareIdOf(slot),
      links: [{ link: 0, address: `192.0.2.${slot + 1}`, port: 7000 }],
      acceptSoftwareWatchdog: false,
    })),
    vms: scenario.vms.map((vm, index) => {
      const home = scenario.hosts.indexOf(vm.host);
      const { maxRestarts, windowMs, order, shutdownTimeoutMs, health, onIsolation, onDegraded, failback } =
        vm.policy;
      return {
        token: index,
        vm: vms[index]?.uuid ?? '',
        name: vm.name,
        hosts: [home, ...slots.filter((slot) => slot !== home)],
        drain: vm.drain,
        policy: {
          maxRestarts: maxRestarts ?? POLICY.maxRestarts,
          windowMs: windowMs ?? POLICY.windowMs,
          order: order ?? POLICY.order,
          shutdownTimeoutMs: shutdownTimeoutMs ?? POLICY.shutdownTimeoutMs,
          ...(health === undefined ? {} : { health }),
          ...(onIsolation === undefined ? {} : { onIsolation }),
          ...(failback === undefined ? {} : { failback }),
          ...(onDegraded === undefined ? {} : { onDegraded }),
          ...others(vm.policy, vms),
        },
        memoryMiB: MEMORY_MIB,
      };
    }),
  };
}

/** What the policy says of other VMs, by their ids. */
function others(policy: ScenarioVm['policy'], vms: readonly Vm[]): Partial<VmPolicy> {
  const lists = (['after', 'apart', 'together'] as const).flatMap((field) => {
    const names = policy[field];
    return names === undefined ? [] : [[field, names.map((name) => uuidOf(vms, name))] as const];
  });
  return Object.fromEntries(lists);
}

const uuidOf = (vms: readonly Vm[], name: string): string =>
  vms.find((one) => one.name === name)?.uuid ?? name;

const watchesApp = (health: VmHealth | undefined): boolean =>
  [health?.fast, health?.deep].some((level) => level !== undefined && level.probe !== 'agent');

const hardwareIdOf = (slot: number): string => `${slot}`.repeat(64);

/** As long as names are in real life: a lease record takes more than one sector then, and can be torn. */
function fullNameOf(config: GroupConfig, slot: number): string {
  return `${config.hosts[slot]?.name ?? ''}.server-room.shop.example.org`.slice(0, 63);
}

export function settingsOf(config: GroupConfig, slot: number, hasWatchdog: boolean): HostSettings {
  return {
    version: 1,
    slot,
    hostName: fullNameOf(config, slot),
    hardwareId: hardwareIdOf(slot),
    groupId: config.groupId,
    areaId: config.areaId,
    areaPath: '/store/understudy.area',
    hypervisor: 'libvirt',
    watchdogDevice: hasWatchdog ? '/dev/watchdog' : null,
    watchdogAttributes: null,
  };
}

export const homeOf = (config: GroupConfig, vm: Vm): number => config.vms[vm.index]?.hosts[0] ?? 0;

function noteOf(vm: Vm): HolderNote {
  return { ...firstNote(FIRST, 'running'), definition: digestOf(vm, 1) };
}

/** What lies on the store: header, configuration on every host's block, leases, and each token with its holder. */
export function formatStore(
  store: Store,
  config: GroupConfig,
  vms: readonly Vm[],
  bootIds: readonly string[],
): void {
  const { areaId, groupId } = config;
  const header = areaHeaderBlocks({ areaId, groupId, blockBytes: BLOCK_BYTES, hostSlots: 8, tokenSlots: 64 });
  put(store, 0, header);
  for (const { slot } of config.hosts) {
    const paxos = { instance: slot === 0 ? FIRST : 0, mbal: 0, bal: 0, inp: null };
    const own = { areaId, slot, epoch: FIRST, writeSeq: FIRST, paxos, decided: config };
    put(store, configBlock(slot, 0), encodeConfigBlock(own));
    store.put(leaseBlock(slot), firstLease(config, slot, bootIds[slot] ?? ''));
  }
  for (const vm of vms) {
    const slot = homeOf(config, vm);
    const value = { vm: vm.uuid, holder: slot, holderEpoch: FIRST, target: null };
    const block = encodeTokenBlock({
      areaId,
      slot,
      token: vm.index,
      writeSeq: FIRST,
      paxos: { instance: FIRST, mbal: slot + 1, bal: slot + 1, inp: value },
      decided: { generation: FIRST, value },
      note: noteOf(vm),
    });
    store.put(tokenBlock(vm.index, slot, 0), block);
  }
}

function put(store: Store, block: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    store.put(block + at / BLOCK_BYTES, bytes.slice(at, at + BLOCK_BYTES));
  }
}

function firstLease(config: GroupConfig, slot: number, bootId: string): Uint8Array {
  const { areaId, generation, profile, hosts } = config;
  return encodeLease({
    areaId,
    slot,
    hostName: fullNameOf(config, slot),
    hardwareId: hardwareIdOf(slot),
    bootId,
    epoch: FIRST,
    seq: FIRST,
    state: 'alive',
    timing: PROFILES[profile],
    watchdog: 'none',
    softwareWatchdogAccepted: false,
    configGeneration: generation,
    configSlots: hosts.map((host) => host.slot),
    tokensHint: 0,
    configHint: 0,
    stampMs: 0,
  });
}

/** /run/understudy/keeper.json of a keeper that was well a moment ago: the story begins with its restart. */
export function firstRunFile(
  config: GroupConfig,
  vms: readonly Vm[],
  slot: number,
  bootId: string,
  nowMs: number,
): RunFile {
  const held = vms.filter((vm) => homeOf(config, vm) === slot);
  return {
    version: 1,
    bootId,
    areaId: config.areaId,
    slot,
    hostName: fullNameOf(config, slot),
    epoch: FIRST,
    lastGoodMs: nowMs - 10,
    holdUntilMs: null,
    burntEpoch: 0,
    drainedEpoch: 0,
    burntGenerations: [],
    held: held.map((vm) => ({
      token: vm.index,
      vm: vm.uuid,
      generation: FIRST,
      drain: vm.drain,
      claim: false,
    })),
    pendingStarts: [],
    leaseSeq: FIRST,
    leaseSeqIssued: FIRST,
    timing: PROFILES[config.profile],
    configSlots: config.hosts.map((host) => host.slot),
    regressedUntilMs: null,
    settledEpoch: FIRST,
    decidedSeen: vms.map((vm) => ({ token: vm.index, generation: FIRST })),
    frozen: [],
    unreturned: [],
  };
}
