import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { type DomainState, domainState } from './domainState.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';
import { numberParameter, type TypedParameters, typedParameters } from './typedParameters.ts';

/** Bits of `virDomainStatsTypes`. */
const GROUPS = {
  state: 1,
  cpu: 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
  perf: 64,
  iothread: 128,
  memory: 256,
  dirtyrate: 512,
  vm: 1024,
} as const;

export type StatisticsGroup = keyof typeof GROUPS;

/** `VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT` */
const NO_WAIT = 0x2000_0000;

export interface DomainStatisticsOptions extends CallOptions {
  /** Default: state, cpu, balloon, interface and block. */
  readonly groups?: readonly StatisticsGroup[];
  /** Only these. Default: all domains. */
  readonly domains?: readonly Domain[];
  /** Only domains with a process. */
  readonly active?: boolean;
  /** Leave out what would have to wait for a QEMU that is busy. */
  readonly noWait?: boolean;
}

/** Undefined stands for what libvirt did not report. Counters run since the domain's start. */
export interface DomainStatistics {
  readonly domain: Domain;
  readonly state: DomainState;
  readonly cpuTimeNs: number | undefined;
  readonly balloonKiB: number | undefined;
  readonly maximumBalloonKiB: number | undefined;
  readonly disks: readonly DiskStatistics[];
  readonly interfaces: readonly NetworkStatistics[];
  /** Everything, under libvirt's names, such as `vcpu.0.time`. */
  readonly values: TypedParameters;
}

export interface DiskStatistics {
  /** Its target, such as `vda`. */
  readonly name: string;
  readonly path: string | undefined;
  readonly readBytes: number;
  readonly readRequests: number;
  readonly writeBytes: number;
  readonly writeRequests: number;
  readonly flushRequests: number;
  readonly capacityBytes: number | undefined;
  readonly allocationBytes: number | undefined;
  readonly physicalBytes: number | undefined;
}

export interface NetworkStatistics {
  /** The host's interface, such as `vnet0`. */
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
}

const DEFAULT_GROUPS: readonly StatisticsGroup[] = ['state', 'cpu', 'balloon', 'interface', 'block'];

/** Statistics of many domains in one call: the cheap way to watch a host. */
export async function getDomainStatistics(
  connection: Connection,
  options: DomainStatisticsOptions = {},
): Promise<readonly DomainStatistics[]> {
  const groups = options.groups ?? DEFAULT_GROUPS;
  const args = {
    doms: options.domains ?? [],
    stats: groups.reduce((bits, group) => bits | GROUPS[group], 0),
    flags: flagBits([
      [options.active, 1],
      [options.noWait, NO_WAIT],
    ]),
  };
  const { retStats } = await connection.call(procedures.connectGetAllDomainStats, args, options);
  return retStats.map(({ dom, params }) => domainStatistics(dom, typedParameters(params)));
}

function domainStatistics(domain: Domain, values: TypedParameters): DomainStatistics {
  const number = (name: string): number | undefined => numberParameter(values, name);
  return {
    domain,
    state: domainState(number('state.state') ?? -1, number('state.reason') ?? 0),
    cpuTimeNs: number('cpu.time'),
    balloonKiB: number('balloon.current'),
    maximumBalloonKiB: number('balloon.maximum'),
    disks: numbered(values, 'block').map(({ prefix, name }) => ({
      name,
      path: text(values, `${prefix}path`),
      readBytes: number(`${prefix}rd.bytes`) ?? 0,
      readRequests: number(`${prefix}rd.reqs`) ?? 0,
      writeBytes: number(`${prefix}wr.bytes`) ?? 0,
      writeRequests: number(`${prefix}wr.reqs`) ?? 0,
      flushRequests: number(`${prefix}fl.reqs`) ?? 0,
      capacityBytes: number(`${prefix}capacity`),
      allocationBytes: number(`${prefix}allocation`),
      physicalBytes: number(`${prefix}physical`),
    })),
    interfaces: numbered(values, 'net').map(({ prefix, name }) => ({
      name,
      receivedBytes: number(`${prefix}rx.bytes`) ?? 0,
      receivedPackets: number(`${prefix}rx.pkts`) ?? 0,
      sentBytes: number(`${prefix}tx.bytes`) ?? 0,
      sentPackets: number(`${prefix}tx.pkts`) ?? 0,
    })),
    values,
  };
}

/** The entries `group.0`, `group.1`, and so on that are really there: the count beside them is not believed. */
function numbered(
  values: TypedParameters,
  group: string,
): readonly { readonly prefix: string; readonly name: string }[] {
  const entries = [];
  for (let index = 0; ; index += 1) {
    const prefix = `${group}.${index}.`;
    const name = text(values, `${prefix}name`);
    if (name === undefined) return entries;
    entries.push({ prefix, name });
  }
}

function text(values: TypedParameters, name: string): string | undefined {
  const value = values.get(name);
  return typeof value === 'string' ? value : undefined;
}
