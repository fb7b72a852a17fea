import { XMLParser } from 'fast-xml-parser';
import { BEAT_CHANNEL } from '../protocol/guestBeat.ts';
import type { DiskDescription, DomainDescription, InterfaceDescription } from '../core/engine/description.ts';

/** libvirt refuses definitions near this size itself; more is not one. */
export const MAX_XML_CHARS = 4 * 1024 * 1024;

const LISTS = new Set(['disk', 'interface', 'hostdev', 'filesystem', 'tpm', 'shmem', 'channel']);
/** Devices that tie a VM to one host, wherever they stand in <devices>. */
const HOST_DEVICES = ['hostdev', 'filesystem', 'shmem'];

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  parseTagValue: false,
  processEntities: { enabled: true, allowedTags: [] },
  isArray: (name) => LISTS.has(name),
});

type Node = Readonly<Record<string, unknown>>;

/** The files of a domain that are no disks: they travel with its definition. */
export interface DomainFiles {
  readonly nvram: string | null;
  readonly hasEmulatedTpm: boolean;
}

export type PlacementOf = (path: string, source: DiskDescription['source']) => DiskDescription['placement'];

/** What protection depends on, out of a domain's XML. Throws when it is not the XML of a domain. */
export function describeDomain(
  xml: string,
  facts: { readonly autostart: boolean; readonly hasSnapshots: boolean; readonly placementOf: PlacementOf },
): DomainDescription {
  const domain = parseDomain(xml);
  const devices = child(domain, 'devices');
  const passedThrough = HOST_DEVICES.flatMap((kind) => list(devices, kind).map(() => kind));
  return {
    vm: text(domain['uuid']).toLowerCase(),
    name: text(domain['name']),
    memoryMiB: memoryMiB(domain['memory']),
    machine: attribute(child(child(domain, 'os'), 'type'), 'machine'),
    emulator: text(devices['emulator']),
    cpuMode: attribute(child(domain, 'cpu'), 'mode'),
    autostart: facts.autostart,
    disks: list(devices, 'disk').map((disk) => describeDisk(disk, facts.placementOf)),
    interfaces: list(devices, 'interface').map(describeInterface),
    hostDevices: passedThrough,
    hasHeartbeat: beatChannels(devices).length > 0,
    hasSnapshots: facts.hasSnapshots,
  };
}

export function interfacesOf(xml: string): readonly InterfaceDescription[] {
  return list(child(parseDomain(xml), 'devices'), 'interface').map(describeInterface);
}

/** Channels of that name that QEMU serves on a unix socket; of any other kind nobody here could read. */
const beatChannels = (devices: Node): readonly Node[] =>
  list(devices, 'channel').filter((one) => {
    const target = child(one, 'target');
    const isVirtio = attribute(target, 'type') === 'virtio' && attribute(target, 'name') === BEAT_CHANNEL;
    return (
      isVirtio && attribute(one, 'type') === 'unix' && attribute(child(one, 'source'), 'mode') !== 'connect'
    );
  });

/** The socket of a running VM's heartbeat channel; null: it has none. */
export function beatSocket(xml: string): string | null {
  const [channel] = beatChannels(child(parseDomain(xml), 'devices'));
  const path = channel === undefined ? '' : attribute(child(channel, 'source'), 'path');
  return path.startsWith('/') ? path : null;
}

const CPU = /<cpu\b[^>]*(?:\/>|>[^]*?<\/cpu>)/;

/** The processor that a definition names, or the first that a host tells of; null: none. As it stands there. */
export function cpuOf(xml: string): string | null {
  return CPU.exec(xml)?.[0] ?? null;
}

/** What libvirt asks for when it is asked about an emulator. */
export function emulatorOf(xml: string): {
  readonly emulator?: string;
  readonly architecture?: string;
  readonly machine?: string;
  readonly virtualization?: string;
} {
  const domain = parseDomain(xml);
  const type = child(child(domain, 'os'), 'type');
  const given = {
    emulator: text(child(domain, 'devices')['emulator']),
    architecture: attribute(type, 'arch'),
    machine: attribute(type, 'machine'),
    virtualization: attribute(domain, 'type'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

export function domainFiles(xml: string): DomainFiles {
  const domain = parseDomain(xml);
  const nvram = text(child(domain, 'os')['nvram']);
  const tpms = list(child(domain, 'devices'), 'tpm');
  return {
    nvram: nvram === '' ? null : nvram,
    hasEmulatedTpm: tpms.some((tpm) => attribute(child(tpm, 'backend'), 'type') === 'emulator'),
  };
}

function parseDomain(xml: string): Node {
  if (xml.length > MAX_XML_CHARS) throw new Error(`a definition of ${xml.length} characters`);
  const parsed: unknown = parser.parse(xml);
  const domain = isNode(parsed) ? parsed['domain'] : undefined;
  if (!isNode(domain)) throw new Error('not the definition of a domain');
  return domain;
}

function describeDisk(disk: Node, placementOf: PlacementOf): DiskDescription {
  const driver = child(disk, 'driver');
  const { source, path } = diskSource(attribute(disk, 'type'), child(disk, 'source'));
  const device = attribute(disk, 'device');
  return {
    target: attribute(child(disk, 'target'), 'dev'),
    device: device === 'cdrom' || device === 'floppy' || device === 'lun' ? device : 'disk',
    source,
    path,
    cache: attribute(driver, 'cache'),
    io: attribute(driver, 'io'),
    readOnly: 'readonly' in disk,
    placement: placementOf(path, source),
  };
}

function diskSource(type: string, source: Node): Pick<DiskDescription, 'source' | 'path'> {
  switch (type) {
    case 'file':
      return source['@file'] === undefined
        ? { source: 'empty', path: '' }
        : { source: 'file', path: attribute(source, 'file') };
    case 'block':
      return source['@dev'] === undefined
        ? { source: 'empty', path: '' }
        : { source: 'block', path: attribute(source, 'dev') };
    case 'network':
      return { source: 'network', path: `${attribute(source, 'protocol')}:${attribute(source, 'name')}` };
    case 'volume':
      return { source: 'other', path: `${attribute(source, 'pool')}/${attribute(source, 'volume')}` };
    default:
      return { source: 'other', path: '' };
  }
}

function describeInterface(one: Node): InterfaceDescription {
  const type = attribute(one, 'type');
  const source = child(one, 'source');
  if (type === 'bridge') return { type, source: attribute(source, 'bridge') };
  if (type === 'network') return { type, source: attribute(source, 'network') };
  return { type: 'other', source: type };
}

const UNITS_KIB: Readonly<Record<string, number>> = {
  b: 1 / 1024,
  bytes: 1 / 1024,
  KB: 1000 / 1024,
  KiB: 1,
  k: 1,
  MB: 1_000_000 / 1024,
  MiB: 1024,
  M: 1024,
  GB: 1_000_000_000 / 1024,
  GiB: 1024 * 1024,
  G: 1024 * 1024,
};

/** 0 when it can't be read; `checkDomain` says so. */
function memoryMiB(value: unknown): number {
  const unit = isNode(value) ? attribute(value, 'unit') || 'KiB' : 'KiB';
  const amount = Number(text(value));
  const kib = amount * (UNITS_KIB[unit] ?? Number.NaN);
  return Number.isFinite(kib) ? Math.ceil(kib / 1024) : 0;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function child(node: Node, name: string): Node {
  const value = node[name];
  if (isNode(value)) return value;
  return typeof value === 'string' ? { '#text': value } : {};
}

function list(node: Node, name: string): readonly Node[] {
  const value = node[name];
  return Array.isArray(value) ? value.map((one: unknown) => (isNode(one) ? one : {})) : [];
}

function attribute(node: Node, name: string): string {
  return text(node[`@${name}`]);
}

function text(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  return isNode(value) ? text(value['#text']) : '';
}
