import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { type DomainStateName, domainState } from './domainState.ts';
import * as procedures from './procedures.generated.ts';
import { numberParameter, typedParameters } from './typedParameters.ts';

/** More than any hypervisor reports for one disk (REMOTE_DOMAIN_BLOCK_STATS_PARAMETERS_MAX). */
const BLOCK_STATISTICS_PARAMETERS = 16;

/** More kinds of memory statistics than libvirt has; it has 13. */
const MEMORY_STATISTICS = 64;

export interface DomainInfo {
  readonly state: DomainStateName;
  readonly maximumMemoryKiB: number;
  readonly memoryKiB: number;
  readonly vcpus: number;
  /** CPU time used since the start. */
  readonly cpuTimeNs: number;
}

export async function getDomainInfo(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<DomainInfo> {
  const info = await connection.call(procedures.domainGetInfo, { dom: domain }, options);
  return {
    state: domainState(info.state, 0).state,
    maximumMemoryKiB: Number(info.maxMem),
    memoryKiB: Number(info.memory),
    vcpus: info.nrVirtCpu,
    cpuTimeNs: Number(info.cpuTime),
  };
}

export interface DomainControl {
  /** Whether libvirt can talk to QEMU: `job` and `occupied` mean that it is busy with something else. */
  readonly state: 'ok' | 'job' | 'occupied' | 'error' | 'unknown';
  /** How long it has been in this state. */
  readonly sinceMs: number;
}

/** Whether libvirt has the domain's QEMU under control. Answers even when QEMU does not. */
export async function getDomainControl(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<DomainControl> {
  const args = { dom: domain, flags: 0 };
  const control = await connection.call(procedures.domainGetControlInfo, args, options);
  const states = ['ok', 'job', 'occupied', 'error'] as const;
  return { state: states[control.state] ?? 'unknown', sinceMs: Number(control.stateTime) };
}

/** Counters since the domain's start. */
export interface BlockStatistics {
  readonly readBytes: number;
  readonly readRequests: number;
  readonly writeBytes: number;
  readonly writeRequests: number;
  readonly flushRequests: number;
}

/** `disk`: its target, such as `vda`, or its source. Empty for the sum of all disks. */
export async function getBlockStatistics(
  connection: Connection,
  domain: Domain,
  disk: string,
  options?: CallOptions,
): Promise<BlockStatistics> {
  const args = { dom: domain, path: disk, nparams: BLOCK_STATISTICS_PARAMETERS, flags: 0 };
  const { params } = await connection.call(procedures.domainBlockStatsFlags, args, options);
  const values = typedParameters(params);
  return {
    readBytes: numberParameter(values, 'rd_bytes') ?? 0,
    readRequests: numberParameter(values, 'rd_operations') ?? 0,
    writeBytes: numberParameter(values, 'wr_bytes') ?? 0,
    writeRequests: numberParameter(values, 'wr_operations') ?? 0,
    flushRequests: numberParameter(values, 'flush_operations') ?? 0,
  };
}

export interface BlockInfo {
  /** What the guest sees. */
  readonly capacityBytes: number;
  /** The highest byte that has been written, plus one. */
  readonly allocationBytes: number;
  /** What the image takes on the storage. */
  readonly physicalBytes: number;
}

/** `disk` as in `getBlockStatistics`. */
export async function getBlockInfo(
  connection: Connection,
  domain: Domain,
  disk: string,
  options?: CallOptions,
): Promise<BlockInfo> {
  const args = { dom: domain, path: disk, flags: 0 };
  const info = await connection.call(procedures.domainGetBlockInfo, args, options);
  return {
    capacityBytes: Number(info.capacity),
    allocationBytes: Number(info.allocation),
    physicalBytes: Number(info.physical),
  };
}

/** Counters since the domain's start, seen from the guest; -1 for one that the hypervisor does not have. */
export interface InterfaceStatistics {
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDrops: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDrops: number;
}

/** `device`: the host's interface, such as `vnet0`, or the MAC address. */
export async function getInterfaceStatistics(
  connection: Connection,
  domain: Domain,
  device: string,
  options?: CallOptions,
): Promise<InterfaceStatistics> {
  const stats = await connection.call(procedures.domainInterfaceStats, { dom: domain, device }, options);
  return {
    receivedBytes: Number(stats.rxBytes),
    receivedPackets: Number(stats.rxPackets),
    receiveErrors: Number(stats.rxErrs),
    receiveDrops: Number(stats.rxDrop),
    sentBytes: Number(stats.txBytes),
    sentPackets: Number(stats.txPackets),
    sendErrors: Number(stats.txErrs),
    sendDrops: Number(stats.txDrop),
  };
}

export interface GuestInterface {
  readonly name: string;
  readonly macAddress: string | null;
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
}

/** The guest's addresses: from the DHCP leases of libvirt's networks, from the guest agent, or from the host's ARP table. */
export async function getInterfaceAddresses(
  connection: Connection,
  domain: Domain,
  source: 'lease' | 'agent' | 'arp',
  options?: CallOptions,
): Promise<readonly GuestInterface[]> {
  const args = { dom: domain, source: { lease: 0, agent: 1, arp: 2 }[source], flags: 0 };
  const { ifaces } = await connection.call(procedures.domainInterfaceAddresses, args, options);
  return ifaces.map(({ name, hwaddr, addrs }) => ({
    name,
    macAddress: hwaddr,
    addresses: addrs.map(({ addr, prefix }) => ({ address: addr, prefixLength: prefix })),
  }));
}

/** Undefined for what the guest's balloon driver does not report. */
export interface MemoryStatistics {
  readonly unusedKiB?: number;
  readonly availableKiB?: number;
  readonly usableKiB?: number;
  readonly balloonKiB?: number;
  /** Of the QEMU process. */
  readonly residentKiB?: number;
}

export async function getMemoryStatistics(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<MemoryStatistics> {
  const args = { dom: domain, maxStats: MEMORY_STATISTICS, flags: 0 };
  const { stats } = await connection.call(procedures.domainMemoryStats, args, options);
  const names: Readonly<Record<number, keyof MemoryStatistics>> = {
    4: 'unusedKiB',
    5: 'availableKiB',
    6: 'balloonKiB',
    7: 'residentKiB',
    8: 'usableKiB',
  };
  return Object.fromEntries(
    stats.flatMap(({ tag, val }) => (names[tag] === undefined ? [] : [[names[tag], Number(val)]])),
  );
}
