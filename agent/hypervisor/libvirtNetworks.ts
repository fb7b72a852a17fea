import type { NetworkGap, NetworkLook } from '../core/engine/description.ts';
import { lackingPlaces } from '../core/engine/checks.ts';
import {
  type Connection,
  domainXml,
  errorCode,
  isLibvirtError,
  listNetworks,
  lookupDomainByUuid,
  qemuMonitorCommand,
} from '../node-libvirt/index.ts';
import { interfacesOf } from './domainXml.ts';
import { bridgesHere } from './places.ts';

type Interfaces = ReturnType<typeof interfacesOf>;

/**
 * QEMU's own spacing after a migration, and a few rounds more: a port that has just joined a bridge with spanning tree
 * is deaf for a while, and a switch may drop one frame. The last goes out about 9 s after the first.
 */
const ANNOUNCE = { initial: 50, max: 2000, rounds: 10, step: 250 };

/**
 * Has QEMU tell the network on which port the guest's addresses are now, as it does after a migration: one frame from
 * each of its cards (RARP, or by the guest's own driver where that can do it). Goes on inside QEMU after the answer.
 */
export async function announce(connection: Connection, vm: string, deadlineMs: number): Promise<void> {
  const domain = await lookupDomainByUuid(connection, vm, { deadlineMs });
  await qemuMonitorCommand(
    connection,
    domain,
    { execute: 'announce-self', arguments: ANNOUNCE },
    { deadlineMs },
  );
}

/** What the definitions kept on this host name of its network, and what of that is not there. */
export class NetworkWatch {
  /** A definition is parsed again only when it changed. */
  #known = new Map<string, { readonly xml: string; readonly interfaces: Interfaces }>();

  /** Of the VMs that are not defined here nothing is said. */
  async look(connection: Connection, vms: readonly string[], deadlineMs: number): Promise<NetworkLook> {
    const endsAt = performance.now() + deadlineMs;
    const left = (): { deadlineMs: number } => ({ deadlineMs: Math.max(1, endsAt - performance.now()) });
    // A network that is defined and not started carries nothing: libvirt would refuse to start the VM.
    const networks = (await listNetworks(connection, { active: true, ...left() })).map(({ name }) => name);
    const places = { bridges: await bridgesHere(), networks };
    const known = new Map<string, { readonly xml: string; readonly interfaces: Interfaces }>();
    const gaps: NetworkGap[] = [];
    const bridges: { vm: string; bridges: string[] }[] = [];
    for (const vm of vms) {
      const xml = await xmlOf(connection, vm, left);
      if (xml === null) continue;
      const before = this.#known.get(vm);
      const interfaces = before?.xml === xml ? before.interfaces : interfacesOf(xml);
      known.set(vm, { xml, interfaces });
      gaps.push(...lackingPlaces(interfaces, places).map((place) => ({ vm, ...place })));
      bridges.push({ vm, bridges: bridgesIn(interfaces) });
    }
    this.#known = known;
    return { gaps, bridges };
  }
}

/** Each once. A network of libvirt's is not looked through for the bridge behind it. */
const bridgesIn = (interfaces: Interfaces): string[] => [
  ...new Set(interfaces.filter(({ type }) => type === 'bridge').map(({ source }) => source)),
];

async function xmlOf(
  connection: Connection,
  vm: string,
  left: () => { deadlineMs: number },
): Promise<string | null> {
  try {
    const domain = await lookupDomainByUuid(connection, vm, left());
    return await domainXml(connection, domain, { inactive: true, ...left() });
  } catch (error) {
    if (isLibvirtError(error, errorCode.noDomain)) return null;
    throw error;
  }
}
