import type { CallOptions } from './callTable.ts';
import type { Connection } from './connection.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';

/** All NUMA nodes together. */
const ALL_CELLS = -1;

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly release: number;
}

const version = (value: bigint): Version => {
  const number = Number(value);
  return {
    major: Math.floor(number / 1_000_000),
    minor: Math.floor(number / 1000) % 1000,
    release: number % 1000,
  };
};

/** Of the daemon. */
export async function getLibvirtVersion(connection: Connection, options?: CallOptions): Promise<Version> {
  return version((await connection.call(procedures.connectGetLibVersion, undefined, options)).libVer);
}

/** Of QEMU, for a QEMU connection. */
export async function getHypervisorVersion(connection: Connection, options?: CallOptions): Promise<Version> {
  return version((await connection.call(procedures.connectGetVersion, undefined, options)).hvVer);
}

/** Such as `QEMU`. */
export async function getHypervisorType(connection: Connection, options?: CallOptions): Promise<string> {
  return (await connection.call(procedures.connectGetType, undefined, options)).type;
}

export async function getHostName(connection: Connection, options?: CallOptions): Promise<string> {
  return (await connection.call(procedures.connectGetHostname, undefined, options)).hostname;
}

/** The URI that the daemon has open. */
export async function getUri(connection: Connection, options?: CallOptions): Promise<string> {
  return (await connection.call(procedures.connectGetUri, undefined, options)).uri;
}

export interface NodeInfo {
  /** The CPU's architecture. */
  readonly model: string;
  readonly memoryKiB: number;
  /** Active CPUs. */
  readonly cpus: number;
  /** 0 when unknown. */
  readonly megahertz: number;
  readonly numaNodes: number;
  readonly socketsPerNode: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
}

export async function getNodeInfo(connection: Connection, options?: CallOptions): Promise<NodeInfo> {
  const info = await connection.call(procedures.nodeGetInfo, undefined, options);
  const end = info.model.indexOf(0);
  return {
    model: Buffer.from(end < 0 ? info.model : info.model.slice(0, end)).toString('utf8'),
    memoryKiB: Number(info.memory),
    cpus: info.cpus,
    megahertz: info.mhz,
    numaNodes: info.nodes,
    socketsPerNode: info.sockets,
    coresPerSocket: info.cores,
    threadsPerCore: info.threads,
  };
}

export async function getFreeMemoryBytes(connection: Connection, options?: CallOptions): Promise<number> {
  return Number((await connection.call(procedures.nodeGetFreeMemory, undefined, options)).freeMem);
}

/** Undefined for what the host does not report. */
export interface NodeMemory {
  readonly totalKiB?: number;
  readonly freeKiB?: number;
  readonly buffersKiB?: number;
  readonly cachedKiB?: number;
}

export async function getNodeMemory(connection: Connection, options?: CallOptions): Promise<NodeMemory> {
  const statistics = procedures.nodeGetMemoryStats;
  const args = { cellNum: ALL_CELLS, flags: 0 };
  // libvirt insists on being asked for exactly as many as it has, and tells how many to those who ask for none.
  const { nparams } = await connection.call(statistics, { ...args, nparams: 0 }, options);
  const { params } = await connection.call(statistics, { ...args, nparams }, options);
  return Object.fromEntries(
    params
      .filter(({ field }) => ['total', 'free', 'buffers', 'cached'].includes(field))
      .map(({ field, value }) => [`${field}KiB`, Number(value)]),
  );
}

/** What the host can do, as XML. */
export async function getCapabilities(connection: Connection, options?: CallOptions): Promise<string> {
  return (await connection.call(procedures.connectGetCapabilities, undefined, options)).capabilities;
}

/** Which emulator, machine and virtualization a question is about. Default: the host's own. */
export interface EmulatorOptions extends CallOptions {
  readonly emulator?: string;
  readonly architecture?: string;
  readonly machine?: string;
  /** `kvm` or `qemu`. */
  readonly virtualization?: string;
}

const emulatorArgs = (options: EmulatorOptions) => ({
  arch: options.architecture ?? null,
  machine: options.machine ?? null,
  virttype: options.virtualization ?? null,
});

/** What a domain may have with such an emulator, as XML. */
export async function getDomainCapabilities(
  connection: Connection,
  options: EmulatorOptions = {},
): Promise<string> {
  const args = { emulatorbin: options.emulator ?? null, ...emulatorArgs(options), flags: 0 };
  return (await connection.call(procedures.connectGetDomainCapabilities, args, options)).capabilities;
}

/** How the host's CPU compares with the one asked about: only `incompatible` can't run a guest that was given it. */
export type CpuComparison = 'error' | 'incompatible' | 'identical' | 'superset';

function cpuComparison(result: number): CpuComparison {
  const results = ['incompatible', 'identical', 'superset'] as const;
  return results[result] ?? 'error';
}

/** `xml`: a `<cpu>` element, or capabilities that contain one. */
export async function compareCpu(
  connection: Connection,
  xml: string,
  options?: CallOptions,
): Promise<CpuComparison> {
  return cpuComparison(
    (await connection.call(procedures.connectCompareCpu, { xml, flags: 0 }, options)).result,
  );
}

/** As `compareCpu`, with what the hypervisor supports on this host: the better question before a migration. */
export async function compareHypervisorCpu(
  connection: Connection,
  xml: string,
  options: EmulatorOptions = {},
): Promise<CpuComparison> {
  const args = { emulator: options.emulator ?? null, ...emulatorArgs(options), xmlCPU: xml, flags: 0 };
  return cpuComparison((await connection.call(procedures.connectCompareHypervisorCpu, args, options)).result);
}

export interface BaselineOptions {
  /** List every feature in place of only those beyond the model's. */
  readonly expandFeatures?: boolean;
  /** Leave out features that block migration. */
  readonly migratable?: boolean;
}

const baselineFlags = (options: BaselineOptions): number =>
  flagBits([
    [options.expandFeatures, 1],
    [options.migratable, 2],
  ]);

/** The best CPU that all of these hosts have, as a `<cpu>` element. `xmls`: `<cpu>` elements or capabilities. */
export async function baselineCpu(
  connection: Connection,
  xmls: readonly string[],
  options: CallOptions & BaselineOptions = {},
): Promise<string> {
  const args = { xmlCPUs: xmls, flags: baselineFlags(options) };
  return (await connection.call(procedures.connectBaselineCpu, args, options)).cpu;
}

/** As `baselineCpu`, for what the hypervisor supports. `xmls` come from domain capabilities. */
export async function baselineHypervisorCpu(
  connection: Connection,
  xmls: readonly string[],
  options: EmulatorOptions & BaselineOptions = {},
): Promise<string> {
  const emulator = options.emulator ?? null;
  const args = { emulator, ...emulatorArgs(options), xmlCPUs: xmls, flags: baselineFlags(options) };
  return (await connection.call(procedures.connectBaselineHypervisorCpu, args, options)).cpu;
}
