// Written by generate.ts from protocol.json. Change those, and run: node agent/node-libvirt/generate.ts
import { ProtocolError } from './errors.ts';
import type { XdrReader, XdrWriter } from './xdr.ts';

export interface Domain {
  readonly name: string;
  readonly uuid: string;
  readonly id: number;
}

function writeDomain(writer: XdrWriter, value: Domain): void {
  writer.string(value.name, 4194304);
  writer.uuid(value.uuid);
  writer.int32(value.id);
}

function readDomain(reader: XdrReader): Domain {
  return {
    name: reader.string(4194304),
    uuid: reader.uuid(),
    id: reader.int32(),
  };
}

export interface Network {
  readonly name: string;
  readonly uuid: string;
}

function writeNetwork(writer: XdrWriter, value: Network): void {
  writer.string(value.name, 4194304);
  writer.uuid(value.uuid);
}

function readNetwork(reader: XdrReader): Network {
  return {
    name: reader.string(4194304),
    uuid: reader.uuid(),
  };
}

export interface ErrorBody {
  readonly code: number;
  readonly domain: number;
  readonly message: string | null;
  readonly level: number;
  readonly dom: Domain | null;
  readonly str1: string | null;
  readonly str2: string | null;
  readonly str3: string | null;
  readonly int1: number;
  readonly int2: number;
  readonly net: Network | null;
}

export function readErrorBody(reader: XdrReader): ErrorBody {
  return {
    code: reader.int32(),
    domain: reader.int32(),
    message: reader.optional((reader) => reader.string(4194304)),
    level: reader.int32(),
    dom: reader.optional((reader) => readDomain(reader)),
    str1: reader.optional((reader) => reader.string(4194304)),
    str2: reader.optional((reader) => reader.string(4194304)),
    str3: reader.optional((reader) => reader.string(4194304)),
    int1: reader.int32(),
    int2: reader.int32(),
    net: reader.optional((reader) => readNetwork(reader)),
  };
}

export interface AuthListRet {
  readonly types: readonly number[];
}

export function readAuthListRet(reader: XdrReader): AuthListRet {
  return {
    types: reader.array(20, 4, (reader) => reader.int32()),
  };
}

export interface AuthPolkitRet {
  readonly complete: number;
}

export function readAuthPolkitRet(reader: XdrReader): AuthPolkitRet {
  return {
    complete: reader.int32(),
  };
}

export interface ConnectOpenArgs {
  readonly name: string | null;
  readonly flags: number;
}

export function writeConnectOpenArgs(writer: XdrWriter, value: ConnectOpenArgs): void {
  writer.optional(value.name, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface ConnectSupportsFeatureArgs {
  readonly feature: number;
}

export function writeConnectSupportsFeatureArgs(writer: XdrWriter, value: ConnectSupportsFeatureArgs): void {
  writer.int32(value.feature);
}

export interface ConnectSupportsFeatureRet {
  readonly supported: number;
}

export function readConnectSupportsFeatureRet(reader: XdrReader): ConnectSupportsFeatureRet {
  return {
    supported: reader.int32(),
  };
}

export interface ConnectGetTypeRet {
  readonly type: string;
}

export function readConnectGetTypeRet(reader: XdrReader): ConnectGetTypeRet {
  return {
    type: reader.string(4194304),
  };
}

export interface ConnectGetVersionRet {
  readonly hvVer: bigint;
}

export function readConnectGetVersionRet(reader: XdrReader): ConnectGetVersionRet {
  return {
    hvVer: reader.uint64(),
  };
}

export interface ConnectGetLibVersionRet {
  readonly libVer: bigint;
}

export function readConnectGetLibVersionRet(reader: XdrReader): ConnectGetLibVersionRet {
  return {
    libVer: reader.uint64(),
  };
}

export interface ConnectGetHostnameRet {
  readonly hostname: string;
}

export function readConnectGetHostnameRet(reader: XdrReader): ConnectGetHostnameRet {
  return {
    hostname: reader.string(4194304),
  };
}

export interface ConnectGetUriRet {
  readonly uri: string;
}

export function readConnectGetUriRet(reader: XdrReader): ConnectGetUriRet {
  return {
    uri: reader.string(4194304),
  };
}

export interface ConnectGetCapabilitiesRet {
  readonly capabilities: string;
}

export function readConnectGetCapabilitiesRet(reader: XdrReader): ConnectGetCapabilitiesRet {
  return {
    capabilities: reader.string(4194304),
  };
}

export interface ConnectGetDomainCapabilitiesArgs {
  readonly emulatorbin: string | null;
  readonly arch: string | null;
  readonly machine: string | null;
  readonly virttype: string | null;
  readonly flags: number;
}

export function writeConnectGetDomainCapabilitiesArgs(writer: XdrWriter, value: ConnectGetDomainCapabilitiesArgs): void {
  writer.optional(value.emulatorbin, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.arch, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.machine, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.virttype, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface ConnectGetDomainCapabilitiesRet {
  readonly capabilities: string;
}

export function readConnectGetDomainCapabilitiesRet(reader: XdrReader): ConnectGetDomainCapabilitiesRet {
  return {
    capabilities: reader.string(4194304),
  };
}

export interface ConnectCompareCpuArgs {
  readonly xml: string;
  readonly flags: number;
}

export function writeConnectCompareCpuArgs(writer: XdrWriter, value: ConnectCompareCpuArgs): void {
  writer.string(value.xml, 4194304);
  writer.uint32(value.flags);
}

export interface ConnectCompareCpuRet {
  readonly result: number;
}

export function readConnectCompareCpuRet(reader: XdrReader): ConnectCompareCpuRet {
  return {
    result: reader.int32(),
  };
}

export interface ConnectBaselineCpuArgs {
  readonly xmlCPUs: readonly string[];
  readonly flags: number;
}

export function writeConnectBaselineCpuArgs(writer: XdrWriter, value: ConnectBaselineCpuArgs): void {
  writer.array(value.xmlCPUs, 256, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface ConnectBaselineCpuRet {
  readonly cpu: string;
}

export function readConnectBaselineCpuRet(reader: XdrReader): ConnectBaselineCpuRet {
  return {
    cpu: reader.string(4194304),
  };
}

export interface ConnectCompareHypervisorCpuArgs {
  readonly emulator: string | null;
  readonly arch: string | null;
  readonly machine: string | null;
  readonly virttype: string | null;
  readonly xmlCPU: string;
  readonly flags: number;
}

export function writeConnectCompareHypervisorCpuArgs(writer: XdrWriter, value: ConnectCompareHypervisorCpuArgs): void {
  writer.optional(value.emulator, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.arch, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.machine, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.virttype, (writer, value) => writer.string(value, 4194304));
  writer.string(value.xmlCPU, 4194304);
  writer.uint32(value.flags);
}

export interface ConnectCompareHypervisorCpuRet {
  readonly result: number;
}

export function readConnectCompareHypervisorCpuRet(reader: XdrReader): ConnectCompareHypervisorCpuRet {
  return {
    result: reader.int32(),
  };
}

export interface ConnectBaselineHypervisorCpuArgs {
  readonly emulator: string | null;
  readonly arch: string | null;
  readonly machine: string | null;
  readonly virttype: string | null;
  readonly xmlCPUs: readonly string[];
  readonly flags: number;
}

export function writeConnectBaselineHypervisorCpuArgs(writer: XdrWriter, value: ConnectBaselineHypervisorCpuArgs): void {
  writer.optional(value.emulator, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.arch, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.machine, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.virttype, (writer, value) => writer.string(value, 4194304));
  writer.array(value.xmlCPUs, 256, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface ConnectBaselineHypervisorCpuRet {
  readonly cpu: string;
}

export function readConnectBaselineHypervisorCpuRet(reader: XdrReader): ConnectBaselineHypervisorCpuRet {
  return {
    cpu: reader.string(4194304),
  };
}

export interface ConnectListAllDomainsArgs {
  readonly needResults: number;
  readonly flags: number;
}

export function writeConnectListAllDomainsArgs(writer: XdrWriter, value: ConnectListAllDomainsArgs): void {
  writer.int32(value.needResults);
  writer.uint32(value.flags);
}

export interface ConnectListAllDomainsRet {
  readonly domains: readonly Domain[];
  readonly ret: number;
}

export function readConnectListAllDomainsRet(reader: XdrReader): ConnectListAllDomainsRet {
  return {
    domains: reader.array(16384, 24, (reader) => readDomain(reader)),
    ret: reader.uint32(),
  };
}

export interface ConnectGetAllDomainStatsArgs {
  readonly doms: readonly Domain[];
  readonly stats: number;
  readonly flags: number;
}

export function writeConnectGetAllDomainStatsArgs(writer: XdrWriter, value: ConnectGetAllDomainStatsArgs): void {
  writer.array(value.doms, 16384, (writer, value) => writeDomain(writer, value));
  writer.uint32(value.stats);
  writer.uint32(value.flags);
}

export type TypedParamValue =
  | { readonly type: 1; readonly value: number }
  | { readonly type: 2; readonly value: number }
  | { readonly type: 3; readonly value: bigint }
  | { readonly type: 4; readonly value: bigint }
  | { readonly type: 5; readonly value: number }
  | { readonly type: 6; readonly value: number }
  | { readonly type: 7; readonly value: string };

function writeTypedParamValue(writer: XdrWriter, value: TypedParamValue): void {
  writer.int32(value.type);
  switch (value.type) {
    case 1:
      return writer.int32(value.value);
    case 2:
      return writer.uint32(value.value);
    case 3:
      return writer.int64(value.value);
    case 4:
      return writer.uint64(value.value);
    case 5:
      return writer.double(value.value);
    case 6:
      return writer.int32(value.value);
    case 7:
      return writer.string(value.value, 4194304);
  }
}

function readTypedParamValue(reader: XdrReader): TypedParamValue {
  const type = reader.int32();
  switch (type) {
    case 1:
      return { type, value: reader.int32() };
    case 2:
      return { type, value: reader.uint32() };
    case 3:
      return { type, value: reader.int64() };
    case 4:
      return { type, value: reader.uint64() };
    case 5:
      return { type, value: reader.double() };
    case 6:
      return { type, value: reader.int32() };
    case 7:
      return { type, value: reader.string(4194304) };
    default:
      throw new ProtocolError(`a value of the unknown type ${type}`);
  }
}

export interface TypedParam {
  readonly field: string;
  readonly value: TypedParamValue;
}

function writeTypedParam(writer: XdrWriter, value: TypedParam): void {
  writer.string(value.field, 4194304);
  writeTypedParamValue(writer, value.value);
}

function readTypedParam(reader: XdrReader): TypedParam {
  return {
    field: reader.string(4194304),
    value: readTypedParamValue(reader),
  };
}

export interface DomainStatsRecord {
  readonly dom: Domain;
  readonly params: readonly TypedParam[];
}

function readDomainStatsRecord(reader: XdrReader): DomainStatsRecord {
  return {
    dom: readDomain(reader),
    params: reader.array(262144, 12, (reader) => readTypedParam(reader)),
  };
}

export interface ConnectGetAllDomainStatsRet {
  readonly retStats: readonly DomainStatsRecord[];
}

export function readConnectGetAllDomainStatsRet(reader: XdrReader): ConnectGetAllDomainStatsRet {
  return {
    retStats: reader.array(16384, 28, (reader) => readDomainStatsRecord(reader)),
  };
}

export interface ConnectDomainEventCallbackRegisterAnyArgs {
  readonly eventID: number;
  readonly dom: Domain | null;
}

export function writeConnectDomainEventCallbackRegisterAnyArgs(writer: XdrWriter, value: ConnectDomainEventCallbackRegisterAnyArgs): void {
  writer.int32(value.eventID);
  writer.optional(value.dom, (writer, value) => writeDomain(writer, value));
}

export interface ConnectDomainEventCallbackRegisterAnyRet {
  readonly callbackID: number;
}

export function readConnectDomainEventCallbackRegisterAnyRet(reader: XdrReader): ConnectDomainEventCallbackRegisterAnyRet {
  return {
    callbackID: reader.int32(),
  };
}

export interface ConnectDomainEventCallbackDeregisterAnyArgs {
  readonly callbackID: number;
}

export function writeConnectDomainEventCallbackDeregisterAnyArgs(writer: XdrWriter, value: ConnectDomainEventCallbackDeregisterAnyArgs): void {
  writer.int32(value.callbackID);
}

export interface NodeGetInfoRet {
  readonly model: readonly number[];
  readonly memory: bigint;
  readonly cpus: number;
  readonly mhz: number;
  readonly nodes: number;
  readonly sockets: number;
  readonly cores: number;
  readonly threads: number;
}

export function readNodeGetInfoRet(reader: XdrReader): NodeGetInfoRet {
  return {
    model: reader.fixedArray(32, (reader) => reader.int32()),
    memory: reader.uint64(),
    cpus: reader.int32(),
    mhz: reader.int32(),
    nodes: reader.int32(),
    sockets: reader.int32(),
    cores: reader.int32(),
    threads: reader.int32(),
  };
}

export interface NodeGetFreeMemoryRet {
  readonly freeMem: bigint;
}

export function readNodeGetFreeMemoryRet(reader: XdrReader): NodeGetFreeMemoryRet {
  return {
    freeMem: reader.uint64(),
  };
}

export interface NodeGetMemoryStatsArgs {
  readonly nparams: number;
  readonly cellNum: number;
  readonly flags: number;
}

export function writeNodeGetMemoryStatsArgs(writer: XdrWriter, value: NodeGetMemoryStatsArgs): void {
  writer.int32(value.nparams);
  writer.int32(value.cellNum);
  writer.uint32(value.flags);
}

export interface NodeGetMemoryStats {
  readonly field: string;
  readonly value: bigint;
}

function readNodeGetMemoryStats(reader: XdrReader): NodeGetMemoryStats {
  return {
    field: reader.string(4194304),
    value: reader.uint64(),
  };
}

export interface NodeGetMemoryStatsRet {
  readonly params: readonly NodeGetMemoryStats[];
  readonly nparams: number;
}

export function readNodeGetMemoryStatsRet(reader: XdrReader): NodeGetMemoryStatsRet {
  return {
    params: reader.array(16, 12, (reader) => readNodeGetMemoryStats(reader)),
    nparams: reader.int32(),
  };
}

export interface DomainLookupByNameArgs {
  readonly name: string;
}

export function writeDomainLookupByNameArgs(writer: XdrWriter, value: DomainLookupByNameArgs): void {
  writer.string(value.name, 4194304);
}

export interface DomainLookupByNameRet {
  readonly dom: Domain;
}

export function readDomainLookupByNameRet(reader: XdrReader): DomainLookupByNameRet {
  return {
    dom: readDomain(reader),
  };
}

export interface DomainLookupByUuidArgs {
  readonly uuid: string;
}

export function writeDomainLookupByUuidArgs(writer: XdrWriter, value: DomainLookupByUuidArgs): void {
  writer.uuid(value.uuid);
}

export interface DomainLookupByUuidRet {
  readonly dom: Domain;
}

export function readDomainLookupByUuidRet(reader: XdrReader): DomainLookupByUuidRet {
  return {
    dom: readDomain(reader),
  };
}

export interface DomainDefineXmlFlagsArgs {
  readonly xml: string;
  readonly flags: number;
}

export function writeDomainDefineXmlFlagsArgs(writer: XdrWriter, value: DomainDefineXmlFlagsArgs): void {
  writer.string(value.xml, 4194304);
  writer.uint32(value.flags);
}

export interface DomainDefineXmlFlagsRet {
  readonly dom: Domain;
}

export function readDomainDefineXmlFlagsRet(reader: XdrReader): DomainDefineXmlFlagsRet {
  return {
    dom: readDomain(reader),
  };
}

export interface DomainUndefineFlagsArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainUndefineFlagsArgs(writer: XdrWriter, value: DomainUndefineFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainCreateWithFlagsArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainCreateWithFlagsArgs(writer: XdrWriter, value: DomainCreateWithFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainCreateWithFlagsRet {
  readonly dom: Domain;
}

export function readDomainCreateWithFlagsRet(reader: XdrReader): DomainCreateWithFlagsRet {
  return {
    dom: readDomain(reader),
  };
}

export interface DomainCreateXmlArgs {
  readonly xmlDesc: string;
  readonly flags: number;
}

export function writeDomainCreateXmlArgs(writer: XdrWriter, value: DomainCreateXmlArgs): void {
  writer.string(value.xmlDesc, 4194304);
  writer.uint32(value.flags);
}

export interface DomainCreateXmlRet {
  readonly dom: Domain;
}

export function readDomainCreateXmlRet(reader: XdrReader): DomainCreateXmlRet {
  return {
    dom: readDomain(reader),
  };
}

export interface DomainDestroyFlagsArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainDestroyFlagsArgs(writer: XdrWriter, value: DomainDestroyFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainShutdownFlagsArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainShutdownFlagsArgs(writer: XdrWriter, value: DomainShutdownFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainRebootArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainRebootArgs(writer: XdrWriter, value: DomainRebootArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainResetArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainResetArgs(writer: XdrWriter, value: DomainResetArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainSuspendArgs {
  readonly dom: Domain;
}

export function writeDomainSuspendArgs(writer: XdrWriter, value: DomainSuspendArgs): void {
  writeDomain(writer, value.dom);
}

export interface DomainResumeArgs {
  readonly dom: Domain;
}

export function writeDomainResumeArgs(writer: XdrWriter, value: DomainResumeArgs): void {
  writeDomain(writer, value.dom);
}

export interface DomainGetStateArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainGetStateArgs(writer: XdrWriter, value: DomainGetStateArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainGetStateRet {
  readonly state: number;
  readonly reason: number;
}

export function readDomainGetStateRet(reader: XdrReader): DomainGetStateRet {
  return {
    state: reader.int32(),
    reason: reader.int32(),
  };
}

export interface DomainGetInfoArgs {
  readonly dom: Domain;
}

export function writeDomainGetInfoArgs(writer: XdrWriter, value: DomainGetInfoArgs): void {
  writeDomain(writer, value.dom);
}

export interface DomainGetInfoRet {
  readonly state: number;
  readonly maxMem: bigint;
  readonly memory: bigint;
  readonly nrVirtCpu: number;
  readonly cpuTime: bigint;
}

export function readDomainGetInfoRet(reader: XdrReader): DomainGetInfoRet {
  return {
    state: reader.uint32(),
    maxMem: reader.uint64(),
    memory: reader.uint64(),
    nrVirtCpu: reader.uint32(),
    cpuTime: reader.uint64(),
  };
}

export interface DomainGetXmlDescArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainGetXmlDescArgs(writer: XdrWriter, value: DomainGetXmlDescArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainGetXmlDescRet {
  readonly xml: string;
}

export function readDomainGetXmlDescRet(reader: XdrReader): DomainGetXmlDescRet {
  return {
    xml: reader.string(4194304),
  };
}

export interface DomainGetControlInfoArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainGetControlInfoArgs(writer: XdrWriter, value: DomainGetControlInfoArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainGetControlInfoRet {
  readonly state: number;
  readonly details: number;
  readonly stateTime: bigint;
}

export function readDomainGetControlInfoRet(reader: XdrReader): DomainGetControlInfoRet {
  return {
    state: reader.uint32(),
    details: reader.uint32(),
    stateTime: reader.uint64(),
  };
}

export interface DomainBlockStatsFlagsArgs {
  readonly dom: Domain;
  readonly path: string;
  readonly nparams: number;
  readonly flags: number;
}

export function writeDomainBlockStatsFlagsArgs(writer: XdrWriter, value: DomainBlockStatsFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.path, 4194304);
  writer.int32(value.nparams);
  writer.uint32(value.flags);
}

export interface DomainBlockStatsFlagsRet {
  readonly params: readonly TypedParam[];
  readonly nparams: number;
}

export function readDomainBlockStatsFlagsRet(reader: XdrReader): DomainBlockStatsFlagsRet {
  return {
    params: reader.array(16, 12, (reader) => readTypedParam(reader)),
    nparams: reader.int32(),
  };
}

export interface DomainGetBlockInfoArgs {
  readonly dom: Domain;
  readonly path: string;
  readonly flags: number;
}

export function writeDomainGetBlockInfoArgs(writer: XdrWriter, value: DomainGetBlockInfoArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.path, 4194304);
  writer.uint32(value.flags);
}

export interface DomainGetBlockInfoRet {
  readonly allocation: bigint;
  readonly capacity: bigint;
  readonly physical: bigint;
}

export function readDomainGetBlockInfoRet(reader: XdrReader): DomainGetBlockInfoRet {
  return {
    allocation: reader.uint64(),
    capacity: reader.uint64(),
    physical: reader.uint64(),
  };
}

export interface DomainInterfaceStatsArgs {
  readonly dom: Domain;
  readonly device: string;
}

export function writeDomainInterfaceStatsArgs(writer: XdrWriter, value: DomainInterfaceStatsArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.device, 4194304);
}

export interface DomainInterfaceStatsRet {
  readonly rxBytes: bigint;
  readonly rxPackets: bigint;
  readonly rxErrs: bigint;
  readonly rxDrop: bigint;
  readonly txBytes: bigint;
  readonly txPackets: bigint;
  readonly txErrs: bigint;
  readonly txDrop: bigint;
}

export function readDomainInterfaceStatsRet(reader: XdrReader): DomainInterfaceStatsRet {
  return {
    rxBytes: reader.int64(),
    rxPackets: reader.int64(),
    rxErrs: reader.int64(),
    rxDrop: reader.int64(),
    txBytes: reader.int64(),
    txPackets: reader.int64(),
    txErrs: reader.int64(),
    txDrop: reader.int64(),
  };
}

export interface DomainInterfaceAddressesArgs {
  readonly dom: Domain;
  readonly source: number;
  readonly flags: number;
}

export function writeDomainInterfaceAddressesArgs(writer: XdrWriter, value: DomainInterfaceAddressesArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.source);
  writer.uint32(value.flags);
}

export interface DomainIpAddr {
  readonly type: number;
  readonly addr: string;
  readonly prefix: number;
}

function readDomainIpAddr(reader: XdrReader): DomainIpAddr {
  return {
    type: reader.int32(),
    addr: reader.string(4194304),
    prefix: reader.uint32(),
  };
}

export interface DomainInterface {
  readonly name: string;
  readonly hwaddr: string | null;
  readonly addrs: readonly DomainIpAddr[];
}

function readDomainInterface(reader: XdrReader): DomainInterface {
  return {
    name: reader.string(4194304),
    hwaddr: reader.optional((reader) => reader.string(4194304)),
    addrs: reader.array(2048, 12, (reader) => readDomainIpAddr(reader)),
  };
}

export interface DomainInterfaceAddressesRet {
  readonly ifaces: readonly DomainInterface[];
}

export function readDomainInterfaceAddressesRet(reader: XdrReader): DomainInterfaceAddressesRet {
  return {
    ifaces: reader.array(2048, 12, (reader) => readDomainInterface(reader)),
  };
}

export interface DomainMemoryStatsArgs {
  readonly dom: Domain;
  readonly maxStats: number;
  readonly flags: number;
}

export function writeDomainMemoryStatsArgs(writer: XdrWriter, value: DomainMemoryStatsArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.maxStats);
  writer.uint32(value.flags);
}

export interface DomainMemoryStat {
  readonly tag: number;
  readonly val: bigint;
}

function readDomainMemoryStat(reader: XdrReader): DomainMemoryStat {
  return {
    tag: reader.int32(),
    val: reader.uint64(),
  };
}

export interface DomainMemoryStatsRet {
  readonly stats: readonly DomainMemoryStat[];
}

export function readDomainMemoryStatsRet(reader: XdrReader): DomainMemoryStatsRet {
  return {
    stats: reader.array(1024, 12, (reader) => readDomainMemoryStat(reader)),
  };
}

export interface DomainGetAutostartArgs {
  readonly dom: Domain;
}

export function writeDomainGetAutostartArgs(writer: XdrWriter, value: DomainGetAutostartArgs): void {
  writeDomain(writer, value.dom);
}

export interface DomainGetAutostartRet {
  readonly autostart: number;
}

export function readDomainGetAutostartRet(reader: XdrReader): DomainGetAutostartRet {
  return {
    autostart: reader.int32(),
  };
}

export interface DomainSetAutostartArgs {
  readonly dom: Domain;
  readonly autostart: number;
}

export function writeDomainSetAutostartArgs(writer: XdrWriter, value: DomainSetAutostartArgs): void {
  writeDomain(writer, value.dom);
  writer.int32(value.autostart);
}

export interface DomainSetMetadataArgs {
  readonly dom: Domain;
  readonly type: number;
  readonly metadata: string | null;
  readonly key: string | null;
  readonly uri: string | null;
  readonly flags: number;
}

export function writeDomainSetMetadataArgs(writer: XdrWriter, value: DomainSetMetadataArgs): void {
  writeDomain(writer, value.dom);
  writer.int32(value.type);
  writer.optional(value.metadata, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.key, (writer, value) => writer.string(value, 4194304));
  writer.optional(value.uri, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface DomainGetMetadataArgs {
  readonly dom: Domain;
  readonly type: number;
  readonly uri: string | null;
  readonly flags: number;
}

export function writeDomainGetMetadataArgs(writer: XdrWriter, value: DomainGetMetadataArgs): void {
  writeDomain(writer, value.dom);
  writer.int32(value.type);
  writer.optional(value.uri, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface DomainGetMetadataRet {
  readonly metadata: string;
}

export function readDomainGetMetadataRet(reader: XdrReader): DomainGetMetadataRet {
  return {
    metadata: reader.string(4194304),
  };
}

export interface DomainSaveFlagsArgs {
  readonly dom: Domain;
  readonly to: string;
  readonly dxml: string | null;
  readonly flags: number;
}

export function writeDomainSaveFlagsArgs(writer: XdrWriter, value: DomainSaveFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.to, 4194304);
  writer.optional(value.dxml, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface DomainRestoreFlagsArgs {
  readonly from: string;
  readonly dxml: string | null;
  readonly flags: number;
}

export function writeDomainRestoreFlagsArgs(writer: XdrWriter, value: DomainRestoreFlagsArgs): void {
  writer.string(value.from, 4194304);
  writer.optional(value.dxml, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface DomainSaveImageGetXmlDescArgs {
  readonly file: string;
  readonly flags: number;
}

export function writeDomainSaveImageGetXmlDescArgs(writer: XdrWriter, value: DomainSaveImageGetXmlDescArgs): void {
  writer.string(value.file, 4194304);
  writer.uint32(value.flags);
}

export interface DomainSaveImageGetXmlDescRet {
  readonly xml: string;
}

export function readDomainSaveImageGetXmlDescRet(reader: XdrReader): DomainSaveImageGetXmlDescRet {
  return {
    xml: reader.string(4194304),
  };
}

export interface DomainManagedSaveArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainManagedSaveArgs(writer: XdrWriter, value: DomainManagedSaveArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainManagedSaveRemoveArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainManagedSaveRemoveArgs(writer: XdrWriter, value: DomainManagedSaveRemoveArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainHasManagedSaveImageArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainHasManagedSaveImageArgs(writer: XdrWriter, value: DomainHasManagedSaveImageArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainHasManagedSaveImageRet {
  readonly result: number;
}

export function readDomainHasManagedSaveImageRet(reader: XdrReader): DomainHasManagedSaveImageRet {
  return {
    result: reader.int32(),
  };
}

export interface DomainScreenshotArgs {
  readonly dom: Domain;
  readonly screen: number;
  readonly flags: number;
}

export function writeDomainScreenshotArgs(writer: XdrWriter, value: DomainScreenshotArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.screen);
  writer.uint32(value.flags);
}

export interface DomainScreenshotRet {
  readonly mime: string | null;
}

export function readDomainScreenshotRet(reader: XdrReader): DomainScreenshotRet {
  return {
    mime: reader.optional((reader) => reader.string(4194304)),
  };
}

export interface DomainAttachDeviceFlagsArgs {
  readonly dom: Domain;
  readonly xml: string;
  readonly flags: number;
}

export function writeDomainAttachDeviceFlagsArgs(writer: XdrWriter, value: DomainAttachDeviceFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.xml, 4194304);
  writer.uint32(value.flags);
}

export interface DomainDetachDeviceFlagsArgs {
  readonly dom: Domain;
  readonly xml: string;
  readonly flags: number;
}

export function writeDomainDetachDeviceFlagsArgs(writer: XdrWriter, value: DomainDetachDeviceFlagsArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.xml, 4194304);
  writer.uint32(value.flags);
}

export interface DomainBlockPullArgs {
  readonly dom: Domain;
  readonly path: string;
  readonly bandwidth: bigint;
  readonly flags: number;
}

export function writeDomainBlockPullArgs(writer: XdrWriter, value: DomainBlockPullArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.path, 4194304);
  writer.uint64(value.bandwidth);
  writer.uint32(value.flags);
}

export interface DomainAgentSetResponseTimeoutArgs {
  readonly dom: Domain;
  readonly timeout: number;
  readonly flags: number;
}

export function writeDomainAgentSetResponseTimeoutArgs(writer: XdrWriter, value: DomainAgentSetResponseTimeoutArgs): void {
  writeDomain(writer, value.dom);
  writer.int32(value.timeout);
  writer.uint32(value.flags);
}

export interface DomainAgentSetResponseTimeoutRet {
  readonly result: number;
}

export function readDomainAgentSetResponseTimeoutRet(reader: XdrReader): DomainAgentSetResponseTimeoutRet {
  return {
    result: reader.int32(),
  };
}

export interface DomainFsfreezeArgs {
  readonly dom: Domain;
  readonly mountpoints: readonly string[];
  readonly flags: number;
}

export function writeDomainFsfreezeArgs(writer: XdrWriter, value: DomainFsfreezeArgs): void {
  writeDomain(writer, value.dom);
  writer.array(value.mountpoints, 256, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface DomainFsfreezeRet {
  readonly filesystems: number;
}

export function readDomainFsfreezeRet(reader: XdrReader): DomainFsfreezeRet {
  return {
    filesystems: reader.int32(),
  };
}

export interface DomainFsthawArgs {
  readonly dom: Domain;
  readonly mountpoints: readonly string[];
  readonly flags: number;
}

export function writeDomainFsthawArgs(writer: XdrWriter, value: DomainFsthawArgs): void {
  writeDomain(writer, value.dom);
  writer.array(value.mountpoints, 256, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface DomainFsthawRet {
  readonly filesystems: number;
}

export function readDomainFsthawRet(reader: XdrReader): DomainFsthawRet {
  return {
    filesystems: reader.int32(),
  };
}

export interface DomainAbortJobArgs {
  readonly dom: Domain;
}

export function writeDomainAbortJobArgs(writer: XdrWriter, value: DomainAbortJobArgs): void {
  writeDomain(writer, value.dom);
}

export interface DomainBackupBeginArgs {
  readonly dom: Domain;
  readonly backupXml: string;
  readonly checkpointXml: string | null;
  readonly flags: number;
}

export function writeDomainBackupBeginArgs(writer: XdrWriter, value: DomainBackupBeginArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.backupXml, 4194304);
  writer.optional(value.checkpointXml, (writer, value) => writer.string(value, 4194304));
  writer.uint32(value.flags);
}

export interface DomainBackupGetXmlDescArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainBackupGetXmlDescArgs(writer: XdrWriter, value: DomainBackupGetXmlDescArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainBackupGetXmlDescRet {
  readonly xml: string;
}

export function readDomainBackupGetXmlDescRet(reader: XdrReader): DomainBackupGetXmlDescRet {
  return {
    xml: reader.string(4194304),
  };
}

export interface DomainBlockJobSetSpeedArgs {
  readonly dom: Domain;
  readonly path: string;
  readonly bandwidth: bigint;
  readonly flags: number;
}

export function writeDomainBlockJobSetSpeedArgs(writer: XdrWriter, value: DomainBlockJobSetSpeedArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.path, 4194304);
  writer.uint64(value.bandwidth);
  writer.uint32(value.flags);
}

export interface DomainGetJobStatsArgs {
  readonly dom: Domain;
  readonly flags: number;
}

export function writeDomainGetJobStatsArgs(writer: XdrWriter, value: DomainGetJobStatsArgs): void {
  writeDomain(writer, value.dom);
  writer.uint32(value.flags);
}

export interface DomainGetJobStatsRet {
  readonly type: number;
  readonly params: readonly TypedParam[];
}

export function readDomainGetJobStatsRet(reader: XdrReader): DomainGetJobStatsRet {
  return {
    type: reader.int32(),
    params: reader.array(64, 12, (reader) => readTypedParam(reader)),
  };
}

export interface DomainMigrateSetMaxDowntimeArgs {
  readonly dom: Domain;
  readonly downtime: bigint;
  readonly flags: number;
}

export function writeDomainMigrateSetMaxDowntimeArgs(writer: XdrWriter, value: DomainMigrateSetMaxDowntimeArgs): void {
  writeDomain(writer, value.dom);
  writer.uint64(value.downtime);
  writer.uint32(value.flags);
}

export interface DomainMigrateSetMaxSpeedArgs {
  readonly dom: Domain;
  readonly bandwidth: bigint;
  readonly flags: number;
}

export function writeDomainMigrateSetMaxSpeedArgs(writer: XdrWriter, value: DomainMigrateSetMaxSpeedArgs): void {
  writeDomain(writer, value.dom);
  writer.uint64(value.bandwidth);
  writer.uint32(value.flags);
}

export interface DomainMigrateBegin3ParamsArgs {
  readonly dom: Domain;
  readonly params: readonly TypedParam[];
  readonly flags: number;
}

export function writeDomainMigrateBegin3ParamsArgs(writer: XdrWriter, value: DomainMigrateBegin3ParamsArgs): void {
  writeDomain(writer, value.dom);
  writer.array(value.params, 64, (writer, value) => writeTypedParam(writer, value));
  writer.uint32(value.flags);
}

export interface DomainMigrateBegin3ParamsRet {
  readonly cookieOut: Uint8Array;
  readonly xml: string;
}

export function readDomainMigrateBegin3ParamsRet(reader: XdrReader): DomainMigrateBegin3ParamsRet {
  return {
    cookieOut: reader.opaque(4194304),
    xml: reader.string(4194304),
  };
}

export interface DomainMigratePrepare3ParamsArgs {
  readonly params: readonly TypedParam[];
  readonly cookieIn: Uint8Array;
  readonly flags: number;
}

export function writeDomainMigratePrepare3ParamsArgs(writer: XdrWriter, value: DomainMigratePrepare3ParamsArgs): void {
  writer.array(value.params, 64, (writer, value) => writeTypedParam(writer, value));
  writer.opaque(value.cookieIn, 4194304);
  writer.uint32(value.flags);
}

export interface DomainMigratePrepare3ParamsRet {
  readonly cookieOut: Uint8Array;
  readonly uriOut: string | null;
}

export function readDomainMigratePrepare3ParamsRet(reader: XdrReader): DomainMigratePrepare3ParamsRet {
  return {
    cookieOut: reader.opaque(4194304),
    uriOut: reader.optional((reader) => reader.string(4194304)),
  };
}

export interface DomainMigratePerform3ParamsArgs {
  readonly dom: Domain;
  readonly dconnuri: string | null;
  readonly params: readonly TypedParam[];
  readonly cookieIn: Uint8Array;
  readonly flags: number;
}

export function writeDomainMigratePerform3ParamsArgs(writer: XdrWriter, value: DomainMigratePerform3ParamsArgs): void {
  writeDomain(writer, value.dom);
  writer.optional(value.dconnuri, (writer, value) => writer.string(value, 4194304));
  writer.array(value.params, 64, (writer, value) => writeTypedParam(writer, value));
  writer.opaque(value.cookieIn, 4194304);
  writer.uint32(value.flags);
}

export interface DomainMigratePerform3ParamsRet {
  readonly cookieOut: Uint8Array;
}

export function readDomainMigratePerform3ParamsRet(reader: XdrReader): DomainMigratePerform3ParamsRet {
  return {
    cookieOut: reader.opaque(4194304),
  };
}

export interface DomainMigrateFinish3ParamsArgs {
  readonly params: readonly TypedParam[];
  readonly cookieIn: Uint8Array;
  readonly flags: number;
  readonly cancelled: number;
}

export function writeDomainMigrateFinish3ParamsArgs(writer: XdrWriter, value: DomainMigrateFinish3ParamsArgs): void {
  writer.array(value.params, 64, (writer, value) => writeTypedParam(writer, value));
  writer.opaque(value.cookieIn, 4194304);
  writer.uint32(value.flags);
  writer.int32(value.cancelled);
}

export interface DomainMigrateFinish3ParamsRet {
  readonly dom: Domain;
  readonly cookieOut: Uint8Array;
}

export function readDomainMigrateFinish3ParamsRet(reader: XdrReader): DomainMigrateFinish3ParamsRet {
  return {
    dom: readDomain(reader),
    cookieOut: reader.opaque(4194304),
  };
}

export interface DomainMigrateConfirm3ParamsArgs {
  readonly dom: Domain;
  readonly params: readonly TypedParam[];
  readonly cookieIn: Uint8Array;
  readonly flags: number;
  readonly cancelled: number;
}

export function writeDomainMigrateConfirm3ParamsArgs(writer: XdrWriter, value: DomainMigrateConfirm3ParamsArgs): void {
  writeDomain(writer, value.dom);
  writer.array(value.params, 64, (writer, value) => writeTypedParam(writer, value));
  writer.opaque(value.cookieIn, 4194304);
  writer.uint32(value.flags);
  writer.int32(value.cancelled);
}

export interface DomainEventLifecycleMsg {
  readonly dom: Domain;
  readonly event: number;
  readonly detail: number;
}

function readDomainEventLifecycleMsg(reader: XdrReader): DomainEventLifecycleMsg {
  return {
    dom: readDomain(reader),
    event: reader.int32(),
    detail: reader.int32(),
  };
}

export interface DomainEventCallbackLifecycleMsg {
  readonly callbackID: number;
  readonly msg: DomainEventLifecycleMsg;
}

export function readDomainEventCallbackLifecycleMsg(reader: XdrReader): DomainEventCallbackLifecycleMsg {
  return {
    callbackID: reader.int32(),
    msg: readDomainEventLifecycleMsg(reader),
  };
}

export interface DomainEventRebootMsg {
  readonly dom: Domain;
}

function readDomainEventRebootMsg(reader: XdrReader): DomainEventRebootMsg {
  return {
    dom: readDomain(reader),
  };
}

export interface DomainEventCallbackRebootMsg {
  readonly callbackID: number;
  readonly msg: DomainEventRebootMsg;
}

export function readDomainEventCallbackRebootMsg(reader: XdrReader): DomainEventCallbackRebootMsg {
  return {
    callbackID: reader.int32(),
    msg: readDomainEventRebootMsg(reader),
  };
}

export interface DomainEventWatchdogMsg {
  readonly dom: Domain;
  readonly action: number;
}

function readDomainEventWatchdogMsg(reader: XdrReader): DomainEventWatchdogMsg {
  return {
    dom: readDomain(reader),
    action: reader.int32(),
  };
}

export interface DomainEventCallbackWatchdogMsg {
  readonly callbackID: number;
  readonly msg: DomainEventWatchdogMsg;
}

export function readDomainEventCallbackWatchdogMsg(reader: XdrReader): DomainEventCallbackWatchdogMsg {
  return {
    callbackID: reader.int32(),
    msg: readDomainEventWatchdogMsg(reader),
  };
}

export interface DomainEventIoErrorReasonMsg {
  readonly dom: Domain;
  readonly srcPath: string;
  readonly devAlias: string;
  readonly action: number;
  readonly reason: string;
}

function readDomainEventIoErrorReasonMsg(reader: XdrReader): DomainEventIoErrorReasonMsg {
  return {
    dom: readDomain(reader),
    srcPath: reader.string(4194304),
    devAlias: reader.string(4194304),
    action: reader.int32(),
    reason: reader.string(4194304),
  };
}

export interface DomainEventCallbackIoErrorReasonMsg {
  readonly callbackID: number;
  readonly msg: DomainEventIoErrorReasonMsg;
}

export function readDomainEventCallbackIoErrorReasonMsg(reader: XdrReader): DomainEventCallbackIoErrorReasonMsg {
  return {
    callbackID: reader.int32(),
    msg: readDomainEventIoErrorReasonMsg(reader),
  };
}

export interface DomainEventCallbackAgentLifecycleMsg {
  readonly callbackID: number;
  readonly dom: Domain;
  readonly state: number;
  readonly reason: number;
}

export function readDomainEventCallbackAgentLifecycleMsg(reader: XdrReader): DomainEventCallbackAgentLifecycleMsg {
  return {
    callbackID: reader.int32(),
    dom: readDomain(reader),
    state: reader.int32(),
    reason: reader.int32(),
  };
}

export interface DomainEventBlockJob2Msg {
  readonly callbackID: number;
  readonly dom: Domain;
  readonly dst: string;
  readonly type: number;
  readonly status: number;
}

export function readDomainEventBlockJob2Msg(reader: XdrReader): DomainEventBlockJob2Msg {
  return {
    callbackID: reader.int32(),
    dom: readDomain(reader),
    dst: reader.string(4194304),
    type: reader.int32(),
    status: reader.int32(),
  };
}

export interface DomainEventCallbackMigrationIterationMsg {
  readonly callbackID: number;
  readonly dom: Domain;
  readonly iteration: number;
}

export function readDomainEventCallbackMigrationIterationMsg(reader: XdrReader): DomainEventCallbackMigrationIterationMsg {
  return {
    callbackID: reader.int32(),
    dom: readDomain(reader),
    iteration: reader.int32(),
  };
}

export interface DomainEventCallbackJobCompletedMsg {
  readonly callbackID: number;
  readonly dom: Domain;
  readonly params: readonly TypedParam[];
}

export function readDomainEventCallbackJobCompletedMsg(reader: XdrReader): DomainEventCallbackJobCompletedMsg {
  return {
    callbackID: reader.int32(),
    dom: readDomain(reader),
    params: reader.array(64, 12, (reader) => readTypedParam(reader)),
  };
}

export interface DomainEventDeviceRemovedMsg {
  readonly dom: Domain;
  readonly devAlias: string;
}

function readDomainEventDeviceRemovedMsg(reader: XdrReader): DomainEventDeviceRemovedMsg {
  return {
    dom: readDomain(reader),
    devAlias: reader.string(4194304),
  };
}

export interface DomainEventCallbackDeviceRemovedMsg {
  readonly callbackID: number;
  readonly msg: DomainEventDeviceRemovedMsg;
}

export function readDomainEventCallbackDeviceRemovedMsg(reader: XdrReader): DomainEventCallbackDeviceRemovedMsg {
  return {
    callbackID: reader.int32(),
    msg: readDomainEventDeviceRemovedMsg(reader),
  };
}

export interface DomainEventCallbackDeviceRemovalFailedMsg {
  readonly callbackID: number;
  readonly dom: Domain;
  readonly devAlias: string;
}

export function readDomainEventCallbackDeviceRemovalFailedMsg(reader: XdrReader): DomainEventCallbackDeviceRemovalFailedMsg {
  return {
    callbackID: reader.int32(),
    dom: readDomain(reader),
    devAlias: reader.string(4194304),
  };
}

export interface DomainEventCallbackMetadataChangeMsg {
  readonly callbackID: number;
  readonly dom: Domain;
  readonly type: number;
  readonly nsuri: string | null;
}

export function readDomainEventCallbackMetadataChangeMsg(reader: XdrReader): DomainEventCallbackMetadataChangeMsg {
  return {
    callbackID: reader.int32(),
    dom: readDomain(reader),
    type: reader.int32(),
    nsuri: reader.optional((reader) => reader.string(4194304)),
  };
}

export interface DomainEventControlErrorMsg {
  readonly dom: Domain;
}

function readDomainEventControlErrorMsg(reader: XdrReader): DomainEventControlErrorMsg {
  return {
    dom: readDomain(reader),
  };
}

export interface DomainEventCallbackControlErrorMsg {
  readonly callbackID: number;
  readonly msg: DomainEventControlErrorMsg;
}

export function readDomainEventCallbackControlErrorMsg(reader: XdrReader): DomainEventCallbackControlErrorMsg {
  return {
    callbackID: reader.int32(),
    msg: readDomainEventControlErrorMsg(reader),
  };
}

export interface ConnectListAllNetworksArgs {
  readonly needResults: number;
  readonly flags: number;
}

export function writeConnectListAllNetworksArgs(writer: XdrWriter, value: ConnectListAllNetworksArgs): void {
  writer.int32(value.needResults);
  writer.uint32(value.flags);
}

export interface ConnectListAllNetworksRet {
  readonly nets: readonly Network[];
  readonly ret: number;
}

export function readConnectListAllNetworksRet(reader: XdrReader): ConnectListAllNetworksRet {
  return {
    nets: reader.array(16384, 20, (reader) => readNetwork(reader)),
    ret: reader.uint32(),
  };
}

export interface NetworkLookupByNameArgs {
  readonly name: string;
}

export function writeNetworkLookupByNameArgs(writer: XdrWriter, value: NetworkLookupByNameArgs): void {
  writer.string(value.name, 4194304);
}

export interface NetworkLookupByNameRet {
  readonly net: Network;
}

export function readNetworkLookupByNameRet(reader: XdrReader): NetworkLookupByNameRet {
  return {
    net: readNetwork(reader),
  };
}

export interface NetworkLookupByUuidArgs {
  readonly uuid: string;
}

export function writeNetworkLookupByUuidArgs(writer: XdrWriter, value: NetworkLookupByUuidArgs): void {
  writer.uuid(value.uuid);
}

export interface NetworkLookupByUuidRet {
  readonly net: Network;
}

export function readNetworkLookupByUuidRet(reader: XdrReader): NetworkLookupByUuidRet {
  return {
    net: readNetwork(reader),
  };
}

export interface NetworkDefineXmlArgs {
  readonly xml: string;
}

export function writeNetworkDefineXmlArgs(writer: XdrWriter, value: NetworkDefineXmlArgs): void {
  writer.string(value.xml, 4194304);
}

export interface NetworkDefineXmlRet {
  readonly net: Network;
}

export function readNetworkDefineXmlRet(reader: XdrReader): NetworkDefineXmlRet {
  return {
    net: readNetwork(reader),
  };
}

export interface NetworkCreateArgs {
  readonly net: Network;
}

export function writeNetworkCreateArgs(writer: XdrWriter, value: NetworkCreateArgs): void {
  writeNetwork(writer, value.net);
}

export interface NetworkDestroyArgs {
  readonly net: Network;
}

export function writeNetworkDestroyArgs(writer: XdrWriter, value: NetworkDestroyArgs): void {
  writeNetwork(writer, value.net);
}

export interface NetworkUndefineArgs {
  readonly net: Network;
}

export function writeNetworkUndefineArgs(writer: XdrWriter, value: NetworkUndefineArgs): void {
  writeNetwork(writer, value.net);
}

export interface NetworkGetXmlDescArgs {
  readonly net: Network;
  readonly flags: number;
}

export function writeNetworkGetXmlDescArgs(writer: XdrWriter, value: NetworkGetXmlDescArgs): void {
  writeNetwork(writer, value.net);
  writer.uint32(value.flags);
}

export interface NetworkGetXmlDescRet {
  readonly xml: string;
}

export function readNetworkGetXmlDescRet(reader: XdrReader): NetworkGetXmlDescRet {
  return {
    xml: reader.string(4194304),
  };
}

export interface NetworkGetAutostartArgs {
  readonly net: Network;
}

export function writeNetworkGetAutostartArgs(writer: XdrWriter, value: NetworkGetAutostartArgs): void {
  writeNetwork(writer, value.net);
}

export interface NetworkGetAutostartRet {
  readonly autostart: number;
}

export function readNetworkGetAutostartRet(reader: XdrReader): NetworkGetAutostartRet {
  return {
    autostart: reader.int32(),
  };
}

export interface NetworkSetAutostartArgs {
  readonly net: Network;
  readonly autostart: number;
}

export function writeNetworkSetAutostartArgs(writer: XdrWriter, value: NetworkSetAutostartArgs): void {
  writeNetwork(writer, value.net);
  writer.int32(value.autostart);
}

export interface NetworkGetBridgeNameArgs {
  readonly net: Network;
}

export function writeNetworkGetBridgeNameArgs(writer: XdrWriter, value: NetworkGetBridgeNameArgs): void {
  writeNetwork(writer, value.net);
}

export interface NetworkGetBridgeNameRet {
  readonly name: string;
}

export function readNetworkGetBridgeNameRet(reader: XdrReader): NetworkGetBridgeNameRet {
  return {
    name: reader.string(4194304),
  };
}

export interface NetworkIsActiveArgs {
  readonly net: Network;
}

export function writeNetworkIsActiveArgs(writer: XdrWriter, value: NetworkIsActiveArgs): void {
  writeNetwork(writer, value.net);
}

export interface NetworkIsActiveRet {
  readonly active: number;
}

export function readNetworkIsActiveRet(reader: XdrReader): NetworkIsActiveRet {
  return {
    active: reader.int32(),
  };
}

export interface NetworkIsPersistentArgs {
  readonly net: Network;
}

export function writeNetworkIsPersistentArgs(writer: XdrWriter, value: NetworkIsPersistentArgs): void {
  writeNetwork(writer, value.net);
}

export interface NetworkIsPersistentRet {
  readonly persistent: number;
}

export function readNetworkIsPersistentRet(reader: XdrReader): NetworkIsPersistentRet {
  return {
    persistent: reader.int32(),
  };
}

export interface ConnectListAllStoragePoolsArgs {
  readonly needResults: number;
  readonly flags: number;
}

export function writeConnectListAllStoragePoolsArgs(writer: XdrWriter, value: ConnectListAllStoragePoolsArgs): void {
  writer.int32(value.needResults);
  writer.uint32(value.flags);
}

export interface StoragePool {
  readonly name: string;
  readonly uuid: string;
}

function writeStoragePool(writer: XdrWriter, value: StoragePool): void {
  writer.string(value.name, 4194304);
  writer.uuid(value.uuid);
}

function readStoragePool(reader: XdrReader): StoragePool {
  return {
    name: reader.string(4194304),
    uuid: reader.uuid(),
  };
}

export interface ConnectListAllStoragePoolsRet {
  readonly pools: readonly StoragePool[];
  readonly ret: number;
}

export function readConnectListAllStoragePoolsRet(reader: XdrReader): ConnectListAllStoragePoolsRet {
  return {
    pools: reader.array(16384, 20, (reader) => readStoragePool(reader)),
    ret: reader.uint32(),
  };
}

export interface StoragePoolLookupByNameArgs {
  readonly name: string;
}

export function writeStoragePoolLookupByNameArgs(writer: XdrWriter, value: StoragePoolLookupByNameArgs): void {
  writer.string(value.name, 4194304);
}

export interface StoragePoolLookupByNameRet {
  readonly pool: StoragePool;
}

export function readStoragePoolLookupByNameRet(reader: XdrReader): StoragePoolLookupByNameRet {
  return {
    pool: readStoragePool(reader),
  };
}

export interface StoragePoolLookupByUuidArgs {
  readonly uuid: string;
}

export function writeStoragePoolLookupByUuidArgs(writer: XdrWriter, value: StoragePoolLookupByUuidArgs): void {
  writer.uuid(value.uuid);
}

export interface StoragePoolLookupByUuidRet {
  readonly pool: StoragePool;
}

export function readStoragePoolLookupByUuidRet(reader: XdrReader): StoragePoolLookupByUuidRet {
  return {
    pool: readStoragePool(reader),
  };
}

export interface StoragePoolLookupByTargetPathArgs {
  readonly path: string;
}

export function writeStoragePoolLookupByTargetPathArgs(writer: XdrWriter, value: StoragePoolLookupByTargetPathArgs): void {
  writer.string(value.path, 4194304);
}

export interface StoragePoolLookupByTargetPathRet {
  readonly pool: StoragePool;
}

export function readStoragePoolLookupByTargetPathRet(reader: XdrReader): StoragePoolLookupByTargetPathRet {
  return {
    pool: readStoragePool(reader),
  };
}

export interface StoragePoolDefineXmlArgs {
  readonly xml: string;
  readonly flags: number;
}

export function writeStoragePoolDefineXmlArgs(writer: XdrWriter, value: StoragePoolDefineXmlArgs): void {
  writer.string(value.xml, 4194304);
  writer.uint32(value.flags);
}

export interface StoragePoolDefineXmlRet {
  readonly pool: StoragePool;
}

export function readStoragePoolDefineXmlRet(reader: XdrReader): StoragePoolDefineXmlRet {
  return {
    pool: readStoragePool(reader),
  };
}

export interface StoragePoolCreateArgs {
  readonly pool: StoragePool;
  readonly flags: number;
}

export function writeStoragePoolCreateArgs(writer: XdrWriter, value: StoragePoolCreateArgs): void {
  writeStoragePool(writer, value.pool);
  writer.uint32(value.flags);
}

export interface StoragePoolBuildArgs {
  readonly pool: StoragePool;
  readonly flags: number;
}

export function writeStoragePoolBuildArgs(writer: XdrWriter, value: StoragePoolBuildArgs): void {
  writeStoragePool(writer, value.pool);
  writer.uint32(value.flags);
}

export interface StoragePoolDestroyArgs {
  readonly pool: StoragePool;
}

export function writeStoragePoolDestroyArgs(writer: XdrWriter, value: StoragePoolDestroyArgs): void {
  writeStoragePool(writer, value.pool);
}

export interface StoragePoolDeleteArgs {
  readonly pool: StoragePool;
  readonly flags: number;
}

export function writeStoragePoolDeleteArgs(writer: XdrWriter, value: StoragePoolDeleteArgs): void {
  writeStoragePool(writer, value.pool);
  writer.uint32(value.flags);
}

export interface StoragePoolUndefineArgs {
  readonly pool: StoragePool;
}

export function writeStoragePoolUndefineArgs(writer: XdrWriter, value: StoragePoolUndefineArgs): void {
  writeStoragePool(writer, value.pool);
}

export interface StoragePoolRefreshArgs {
  readonly pool: StoragePool;
  readonly flags: number;
}

export function writeStoragePoolRefreshArgs(writer: XdrWriter, value: StoragePoolRefreshArgs): void {
  writeStoragePool(writer, value.pool);
  writer.uint32(value.flags);
}

export interface StoragePoolGetInfoArgs {
  readonly pool: StoragePool;
}

export function writeStoragePoolGetInfoArgs(writer: XdrWriter, value: StoragePoolGetInfoArgs): void {
  writeStoragePool(writer, value.pool);
}

export interface StoragePoolGetInfoRet {
  readonly state: number;
  readonly capacity: bigint;
  readonly allocation: bigint;
  readonly available: bigint;
}

export function readStoragePoolGetInfoRet(reader: XdrReader): StoragePoolGetInfoRet {
  return {
    state: reader.uint32(),
    capacity: reader.uint64(),
    allocation: reader.uint64(),
    available: reader.uint64(),
  };
}

export interface StoragePoolGetXmlDescArgs {
  readonly pool: StoragePool;
  readonly flags: number;
}

export function writeStoragePoolGetXmlDescArgs(writer: XdrWriter, value: StoragePoolGetXmlDescArgs): void {
  writeStoragePool(writer, value.pool);
  writer.uint32(value.flags);
}

export interface StoragePoolGetXmlDescRet {
  readonly xml: string;
}

export function readStoragePoolGetXmlDescRet(reader: XdrReader): StoragePoolGetXmlDescRet {
  return {
    xml: reader.string(4194304),
  };
}

export interface StoragePoolGetAutostartArgs {
  readonly pool: StoragePool;
}

export function writeStoragePoolGetAutostartArgs(writer: XdrWriter, value: StoragePoolGetAutostartArgs): void {
  writeStoragePool(writer, value.pool);
}

export interface StoragePoolGetAutostartRet {
  readonly autostart: number;
}

export function readStoragePoolGetAutostartRet(reader: XdrReader): StoragePoolGetAutostartRet {
  return {
    autostart: reader.int32(),
  };
}

export interface StoragePoolSetAutostartArgs {
  readonly pool: StoragePool;
  readonly autostart: number;
}

export function writeStoragePoolSetAutostartArgs(writer: XdrWriter, value: StoragePoolSetAutostartArgs): void {
  writeStoragePool(writer, value.pool);
  writer.int32(value.autostart);
}

export interface StoragePoolListAllVolumesArgs {
  readonly pool: StoragePool;
  readonly needResults: number;
  readonly flags: number;
}

export function writeStoragePoolListAllVolumesArgs(writer: XdrWriter, value: StoragePoolListAllVolumesArgs): void {
  writeStoragePool(writer, value.pool);
  writer.int32(value.needResults);
  writer.uint32(value.flags);
}

export interface StorageVol {
  readonly pool: string;
  readonly name: string;
  readonly key: string;
}

function writeStorageVol(writer: XdrWriter, value: StorageVol): void {
  writer.string(value.pool, 4194304);
  writer.string(value.name, 4194304);
  writer.string(value.key, 4194304);
}

function readStorageVol(reader: XdrReader): StorageVol {
  return {
    pool: reader.string(4194304),
    name: reader.string(4194304),
    key: reader.string(4194304),
  };
}

export interface StoragePoolListAllVolumesRet {
  readonly vols: readonly StorageVol[];
  readonly ret: number;
}

export function readStoragePoolListAllVolumesRet(reader: XdrReader): StoragePoolListAllVolumesRet {
  return {
    vols: reader.array(16384, 12, (reader) => readStorageVol(reader)),
    ret: reader.uint32(),
  };
}

export interface StorageVolLookupByNameArgs {
  readonly pool: StoragePool;
  readonly name: string;
}

export function writeStorageVolLookupByNameArgs(writer: XdrWriter, value: StorageVolLookupByNameArgs): void {
  writeStoragePool(writer, value.pool);
  writer.string(value.name, 4194304);
}

export interface StorageVolLookupByNameRet {
  readonly vol: StorageVol;
}

export function readStorageVolLookupByNameRet(reader: XdrReader): StorageVolLookupByNameRet {
  return {
    vol: readStorageVol(reader),
  };
}

export interface StorageVolLookupByPathArgs {
  readonly path: string;
}

export function writeStorageVolLookupByPathArgs(writer: XdrWriter, value: StorageVolLookupByPathArgs): void {
  writer.string(value.path, 4194304);
}

export interface StorageVolLookupByPathRet {
  readonly vol: StorageVol;
}

export function readStorageVolLookupByPathRet(reader: XdrReader): StorageVolLookupByPathRet {
  return {
    vol: readStorageVol(reader),
  };
}

export interface StorageVolCreateXmlArgs {
  readonly pool: StoragePool;
  readonly xml: string;
  readonly flags: number;
}

export function writeStorageVolCreateXmlArgs(writer: XdrWriter, value: StorageVolCreateXmlArgs): void {
  writeStoragePool(writer, value.pool);
  writer.string(value.xml, 4194304);
  writer.uint32(value.flags);
}

export interface StorageVolCreateXmlRet {
  readonly vol: StorageVol;
}

export function readStorageVolCreateXmlRet(reader: XdrReader): StorageVolCreateXmlRet {
  return {
    vol: readStorageVol(reader),
  };
}

export interface StorageVolDeleteArgs {
  readonly vol: StorageVol;
  readonly flags: number;
}

export function writeStorageVolDeleteArgs(writer: XdrWriter, value: StorageVolDeleteArgs): void {
  writeStorageVol(writer, value.vol);
  writer.uint32(value.flags);
}

export interface StorageVolResizeArgs {
  readonly vol: StorageVol;
  readonly capacity: bigint;
  readonly flags: number;
}

export function writeStorageVolResizeArgs(writer: XdrWriter, value: StorageVolResizeArgs): void {
  writeStorageVol(writer, value.vol);
  writer.uint64(value.capacity);
  writer.uint32(value.flags);
}

export interface StorageVolGetInfoArgs {
  readonly vol: StorageVol;
}

export function writeStorageVolGetInfoArgs(writer: XdrWriter, value: StorageVolGetInfoArgs): void {
  writeStorageVol(writer, value.vol);
}

export interface StorageVolGetInfoRet {
  readonly type: number;
  readonly capacity: bigint;
  readonly allocation: bigint;
}

export function readStorageVolGetInfoRet(reader: XdrReader): StorageVolGetInfoRet {
  return {
    type: reader.int32(),
    capacity: reader.uint64(),
    allocation: reader.uint64(),
  };
}

export interface StorageVolGetXmlDescArgs {
  readonly vol: StorageVol;
  readonly flags: number;
}

export function writeStorageVolGetXmlDescArgs(writer: XdrWriter, value: StorageVolGetXmlDescArgs): void {
  writeStorageVol(writer, value.vol);
  writer.uint32(value.flags);
}

export interface StorageVolGetXmlDescRet {
  readonly xml: string;
}

export function readStorageVolGetXmlDescRet(reader: XdrReader): StorageVolGetXmlDescRet {
  return {
    xml: reader.string(4194304),
  };
}

export interface StorageVolGetPathArgs {
  readonly vol: StorageVol;
}

export function writeStorageVolGetPathArgs(writer: XdrWriter, value: StorageVolGetPathArgs): void {
  writeStorageVol(writer, value.vol);
}

export interface StorageVolGetPathRet {
  readonly name: string;
}

export function readStorageVolGetPathRet(reader: XdrReader): StorageVolGetPathRet {
  return {
    name: reader.string(4194304),
  };
}

export interface StorageVolUploadArgs {
  readonly vol: StorageVol;
  readonly offset: bigint;
  readonly length: bigint;
  readonly flags: number;
}

export function writeStorageVolUploadArgs(writer: XdrWriter, value: StorageVolUploadArgs): void {
  writeStorageVol(writer, value.vol);
  writer.uint64(value.offset);
  writer.uint64(value.length);
  writer.uint32(value.flags);
}

export interface StorageVolDownloadArgs {
  readonly vol: StorageVol;
  readonly offset: bigint;
  readonly length: bigint;
  readonly flags: number;
}

export function writeStorageVolDownloadArgs(writer: XdrWriter, value: StorageVolDownloadArgs): void {
  writeStorageVol(writer, value.vol);
  writer.uint64(value.offset);
  writer.uint64(value.length);
  writer.uint32(value.flags);
}

export interface ConnectListAllSecretsArgs {
  readonly needResults: number;
  readonly flags: number;
}

export function writeConnectListAllSecretsArgs(writer: XdrWriter, value: ConnectListAllSecretsArgs): void {
  writer.int32(value.needResults);
  writer.uint32(value.flags);
}

export interface Secret {
  readonly uuid: string;
  readonly usageType: number;
  readonly usageID: string;
}

function writeSecret(writer: XdrWriter, value: Secret): void {
  writer.uuid(value.uuid);
  writer.int32(value.usageType);
  writer.string(value.usageID, 4194304);
}

function readSecret(reader: XdrReader): Secret {
  return {
    uuid: reader.uuid(),
    usageType: reader.int32(),
    usageID: reader.string(4194304),
  };
}

export interface ConnectListAllSecretsRet {
  readonly secrets: readonly Secret[];
  readonly ret: number;
}

export function readConnectListAllSecretsRet(reader: XdrReader): ConnectListAllSecretsRet {
  return {
    secrets: reader.array(16384, 24, (reader) => readSecret(reader)),
    ret: reader.uint32(),
  };
}

export interface SecretLookupByUuidArgs {
  readonly uuid: string;
}

export function writeSecretLookupByUuidArgs(writer: XdrWriter, value: SecretLookupByUuidArgs): void {
  writer.uuid(value.uuid);
}

export interface SecretLookupByUuidRet {
  readonly secret: Secret;
}

export function readSecretLookupByUuidRet(reader: XdrReader): SecretLookupByUuidRet {
  return {
    secret: readSecret(reader),
  };
}

export interface SecretLookupByUsageArgs {
  readonly usageType: number;
  readonly usageID: string;
}

export function writeSecretLookupByUsageArgs(writer: XdrWriter, value: SecretLookupByUsageArgs): void {
  writer.int32(value.usageType);
  writer.string(value.usageID, 4194304);
}

export interface SecretLookupByUsageRet {
  readonly secret: Secret;
}

export function readSecretLookupByUsageRet(reader: XdrReader): SecretLookupByUsageRet {
  return {
    secret: readSecret(reader),
  };
}

export interface SecretDefineXmlArgs {
  readonly xml: string;
  readonly flags: number;
}

export function writeSecretDefineXmlArgs(writer: XdrWriter, value: SecretDefineXmlArgs): void {
  writer.string(value.xml, 4194304);
  writer.uint32(value.flags);
}

export interface SecretDefineXmlRet {
  readonly secret: Secret;
}

export function readSecretDefineXmlRet(reader: XdrReader): SecretDefineXmlRet {
  return {
    secret: readSecret(reader),
  };
}

export interface SecretGetXmlDescArgs {
  readonly secret: Secret;
  readonly flags: number;
}

export function writeSecretGetXmlDescArgs(writer: XdrWriter, value: SecretGetXmlDescArgs): void {
  writeSecret(writer, value.secret);
  writer.uint32(value.flags);
}

export interface SecretGetXmlDescRet {
  readonly xml: string;
}

export function readSecretGetXmlDescRet(reader: XdrReader): SecretGetXmlDescRet {
  return {
    xml: reader.string(4194304),
  };
}

export interface SecretSetValueArgs {
  readonly secret: Secret;
  readonly value: Uint8Array;
  readonly flags: number;
}

export function writeSecretSetValueArgs(writer: XdrWriter, value: SecretSetValueArgs): void {
  writeSecret(writer, value.secret);
  writer.opaque(value.value, 65536);
  writer.uint32(value.flags);
}

export interface SecretGetValueArgs {
  readonly secret: Secret;
  readonly flags: number;
}

export function writeSecretGetValueArgs(writer: XdrWriter, value: SecretGetValueArgs): void {
  writeSecret(writer, value.secret);
  writer.uint32(value.flags);
}

export interface SecretGetValueRet {
  readonly value: Uint8Array;
}

export function readSecretGetValueRet(reader: XdrReader): SecretGetValueRet {
  return {
    value: reader.opaque(65536),
  };
}

export interface SecretUndefineArgs {
  readonly secret: Secret;
}

export function writeSecretUndefineArgs(writer: XdrWriter, value: SecretUndefineArgs): void {
  writeSecret(writer, value.secret);
}

export interface QemuDomainMonitorCommandArgs {
  readonly dom: Domain;
  readonly cmd: string;
  readonly flags: number;
}

export function writeQemuDomainMonitorCommandArgs(writer: XdrWriter, value: QemuDomainMonitorCommandArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.cmd, 4194304);
  writer.uint32(value.flags);
}

export interface QemuDomainMonitorCommandRet {
  readonly result: string;
}

export function readQemuDomainMonitorCommandRet(reader: XdrReader): QemuDomainMonitorCommandRet {
  return {
    result: reader.string(4194304),
  };
}

export interface QemuDomainAgentCommandArgs {
  readonly dom: Domain;
  readonly cmd: string;
  readonly timeout: number;
  readonly flags: number;
}

export function writeQemuDomainAgentCommandArgs(writer: XdrWriter, value: QemuDomainAgentCommandArgs): void {
  writeDomain(writer, value.dom);
  writer.string(value.cmd, 4194304);
  writer.int32(value.timeout);
  writer.uint32(value.flags);
}

export interface QemuDomainAgentCommandRet {
  readonly result: string | null;
}

export function readQemuDomainAgentCommandRet(reader: XdrReader): QemuDomainAgentCommandRet {
  return {
    result: reader.optional((reader) => reader.string(4194304)),
  };
}
