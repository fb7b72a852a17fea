import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { BEAT_CHANNEL } from '../protocol/guestBeat.ts';
import { MAX_XML_CHARS } from './domainXml.ts';

/**
 * The definition of a drill's copy, made from that of the VM. Only what is named here is taken over: whatever else a
 * definition may have (devices of the host, networks, options for QEMU, files) could reach beyond the copy.
 */

const PREFIX = 'understudy-drill-';

/** The name of a copy: it has its own uuid in it, which no VM of anybody else's has by accident. */
export const drillName = (uuid: string): string => `${PREFIX}${uuid}`;

/** Whether a domain is a copy. The engine never hears of those. */
export const isDrill = ({ name, uuid }: { readonly name: string; readonly uuid: string }): boolean =>
  name === drillName(uuid.toLowerCase());

const ATTRIBUTES = ':@';
const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  parseTagValue: false,
  processEntities: true,
} as const;
const parser = new XMLParser(options);
const builder = new XMLBuilder({ ...options, suppressEmptyNode: true });

type Element = Readonly<Record<string, unknown>>;

const TOP = new Set([
  'memory',
  'currentMemory',
  'maxMemory',
  'vcpu',
  'vcpus',
  'iothreads',
  'os',
  'features',
  'cpu',
  'clock',
  'pm',
  'devices',
]);
const OS = new Set([
  'type',
  'loader',
  'nvram',
  'firmware',
  'kernel',
  'initrd',
  'cmdline',
  'boot',
  'bootmenu',
  'bios',
]);
const DISK = new Set([
  'target',
  'boot',
  'serial',
  'wwn',
  'vendor',
  'product',
  'address',
  'geometry',
  'blockio',
]);
const INTERFACE = new Set(['mac', 'model', 'address', 'boot', 'rom']);
const PORT = new Set(['target', 'address']);
const PLAIN_DEVICES = new Set(['emulator', 'controller', 'video', 'memballoon', 'panic', 'iommu']);
const PLAIN_INPUTS = new Set(['mouse', 'tablet', 'keyboard']);
const RANDOM_SOURCES = new Set(['/dev/random', '/dev/urandom']);
/** By which the copy is asked, and says itself, how it is. Their sockets on the host are made by libvirt. */
const CHANNELS = new Set(['org.qemu.guest_agent.0', BEAT_CHANNEL]);

export interface DrillPlan {
  readonly uuid: string;
  readonly original: string;
  /** Copies of the disks, qcow2, by target. */
  readonly disks: ReadonlyMap<string, string>;
  /** The copy's own UEFI variables; null: the VM has none. */
  readonly nvram: string | null;
}

/** Throws when a disk has no copy, or the text is no definition. */
export function drillDefinition(xml: string, plan: DrillPlan): string {
  const domain = domainOf(xml);
  const top = childrenOf(domain).filter((one) => TOP.has(tagOf(one)));
  const children = top.map((one) => {
    switch (tagOf(one)) {
      case 'os':
        return withChildren(one, osOf(one, plan));
      case 'devices':
        return withChildren(
          one,
          childrenOf(one).flatMap((device) => deviceOf(device, plan)),
        );
      // Without its placement: which processors of the host it may use.
      case 'vcpu':
        return element('vcpu', pick(attributesOf(one), ['current']), childrenOf(one));
      default:
        return one;
    }
  });
  return build([
    element('domain', pick(attributesOf(domain), ['type']), [
      textElement('name', drillName(plan.uuid)),
      textElement('uuid', plan.uuid),
      textElement('description', `A drill of ${plan.original} by Understudy: it is thrown away.`),
      ...children,
      textElement('on_poweroff', 'destroy'),
      textElement('on_reboot', 'restart'),
      textElement('on_crash', 'destroy'),
    ]),
  ]);
}

/** Targets of the disks that a copy needs, and why it can't be made; of a running VM or of its definition. */
export function disksToCopy(xml: string): {
  readonly targets: readonly string[];
  readonly problem: string | null;
} {
  const targets: string[] = [];
  for (const device of devicesOf(domainOf(xml))) {
    if (tagOf(device) !== 'disk') continue;
    const kind = attributesOf(device)['@device'] ?? 'disk';
    const target = attributesOf(childOf(device, 'target'))['@dev'] ?? '';
    if (kind === 'lun')
      return { targets, problem: `its disk ${target} is handed to the guest as a whole device` };
    // Its copy would lie on the store in the clear.
    const isSecret = has(device, 'encryption') || has(childOf(device, 'source'), 'encryption');
    if (isSecret) return { targets, problem: `its disk ${target} is encrypted by QEMU` };
    if (kind === 'disk') targets.push(target);
  }
  return { targets, problem: targets.length === 0 ? 'it has no disk' : null };
}

/** libvirt's order to copy these disks as they are at one moment, each into a new file. */
export function copyOrder(xml: string, files: ReadonlyMap<string, string>): string {
  const disks = devicesOf(domainOf(xml)).flatMap((device) => {
    const target = attributesOf(childOf(device, 'target'))['@dev'];
    if (tagOf(device) !== 'disk' || target === undefined) return [];
    const file = files.get(target);
    if (file === undefined) return [element('disk', { '@name': target, '@backup': 'no' }, [])];
    return [
      element('disk', { '@name': target, '@backup': 'yes', '@type': 'file' }, [
        element('driver', { '@type': 'qcow2' }, []),
        element('target', { '@file': file }, []),
      ]),
    ];
  });
  return build([element('domainbackup', { '@mode': 'push' }, [element('disks', {}, disks)])]);
}

function osOf(os: Element, { nvram }: DrillPlan): readonly Element[] {
  return childrenOf(os).flatMap((one) => {
    if (!OS.has(tagOf(one))) return [];
    if (tagOf(one) !== 'nvram') return [one];
    return nvram === null ? [] : [element('nvram', pick(attributesOf(one), ['template']), [text(nvram)])];
  });
}

function deviceOf(device: Element, plan: DrillPlan): readonly Element[] {
  const tag = tagOf(device);
  const attributes = attributesOf(device);
  if (PLAIN_DEVICES.has(tag)) return [device];
  switch (tag) {
    case 'disk':
      return diskOf(device, plan);
    // The card is there, joined to nothing, and its cable is out.
    case 'interface':
      return [
        element('interface', { '@type': 'ethernet' }, [
          ...childrenOf(device).filter((one) => INTERFACE.has(tagOf(one))),
          element('link', { '@state': 'down' }, []),
        ]),
      ];
    case 'serial':
    case 'console':
    case 'parallel':
      return [element(tag, { '@type': 'pty' }, among(device, PORT))];
    case 'channel':
      return CHANNELS.has(attributesOf(childOf(device, 'target'))['@name'] ?? '')
        ? [element('channel', { '@type': 'unix' }, among(device, PORT).map(withoutState))]
        : [];
    case 'input':
      return PLAIN_INPUTS.has(attributes['@type'] ?? '') ? [device] : [];
    case 'rng':
      return RANDOM_SOURCES.has(textOf(childOf(device, 'backend'))) ? [device] : [];
    case 'tpm':
      return attributesOf(childOf(device, 'backend'))['@type'] === 'emulator' ? [device] : [];
    // It would reset a copy that nobody pets, in the middle of a look at it.
    case 'watchdog':
      return [element('watchdog', { ...attributes, '@action': 'none' }, childrenOf(device))];
    default:
      return [];
  }
}

function diskOf(disk: Element, plan: DrillPlan): readonly Element[] {
  const kind = attributesOf(disk)['@device'] ?? 'disk';
  const target = attributesOf(childOf(disk, 'target'))['@dev'] ?? '';
  // Drives stay, so that the guest finds its disks where they were; what is in them belongs to the VM.
  if (kind === 'cdrom')
    return [
      element('disk', { '@type': 'file', '@device': 'cdrom' }, [
        ...among(disk, DISK),
        element('readonly', {}, []),
      ]),
    ];
  if (kind === 'floppy') return [];
  const file = plan.disks.get(target);
  if (file === undefined) throw new Error(`there is no copy of the disk ${target}`);
  const driver = {
    '@name': 'qemu',
    '@type': 'qcow2',
    '@cache': 'none',
    '@io': 'threads',
    '@error_policy': 'stop',
  };
  return [
    element('disk', { '@type': 'file', '@device': 'disk' }, [
      element('driver', driver, []),
      element('source', { '@file': file }, []),
      ...among(disk, DISK),
    ]),
  ];
}

function domainOf(xml: string): Element {
  if (xml.length > MAX_XML_CHARS) throw new Error(`a definition of ${xml.length} characters`);
  const parsed: unknown = parser.parse(xml);
  const domain = Array.isArray(parsed)
    ? (parsed as Element[]).find((one) => tagOf(one) === 'domain')
    : undefined;
  if (domain === undefined) throw new Error('not the definition of a domain');
  return domain;
}

const devicesOf = (domain: Element): readonly Element[] =>
  childrenOf(domain)
    .filter((one) => tagOf(one) === 'devices')
    .flatMap(childrenOf);

const build = (nodes: readonly Element[]): string => String(builder.build(nodes));
const tagOf = (node: Element): string => Object.keys(node).find((key) => key !== ATTRIBUTES) ?? '';
const text = (value: string): Element => ({ '#text': value });
const textElement = (tag: string, value: string): Element => element(tag, {}, [text(value)]);

function childrenOf(node: Element): readonly Element[] {
  const children = node[tagOf(node)];
  return Array.isArray(children) ? (children as Element[]) : [];
}

function attributesOf(node: Element): Readonly<Record<string, string>> {
  return (node[ATTRIBUTES] as Record<string, string> | undefined) ?? {};
}

const childOf = (node: Element, tag: string): Element =>
  childrenOf(node).find((one) => tagOf(one) === tag) ?? {};
const has = (node: Element, tag: string): boolean => childrenOf(node).some((one) => tagOf(one) === tag);
const among = (node: Element, tags: ReadonlySet<string>): readonly Element[] =>
  childrenOf(node).filter((one) => tags.has(tagOf(one)));
const textOf = (node: Element): string => {
  const value = childrenOf(node).find((one) => tagOf(one) === '#text')?.['#text'];
  return typeof value === 'string' ? value.trim() : '';
};
const withoutState = (node: Element): Element => {
  const { '@state': _, ...rest } = attributesOf(node);
  return element(tagOf(node), rest, childrenOf(node));
};

function pick(
  attributes: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name.slice(1))));
}

const withChildren = (node: Element, children: readonly Element[]): Element =>
  element(tagOf(node), attributesOf(node), children);

function element(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly Element[],
): Element {
  return { [tag]: children, ...(Object.keys(attributes).length === 0 ? {} : { [ATTRIBUTES]: attributes }) };
}
