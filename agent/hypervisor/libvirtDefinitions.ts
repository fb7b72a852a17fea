import type { DomainDescription, HostPlaces } from '../core/engine/description.ts';
import {
  type Connection,
  defineDomain,
  type Domain,
  domainXml,
  getDomainAutostart,
  hasManagedSave,
  listNetworks,
  removeManagedSave,
  setDomainAutostart,
} from '../node-libvirt/index.ts';
import { liveXml } from './definitionWatch.ts';
import { describeDomain } from './domainXml.ts';
import { bridgesHere, hasSnapshotsHere, placementsHere } from './places.ts';

export { DefinitionWatch } from './definitionWatch.ts';

/** What the checks need to know of a domain and of this host. */
export async function inspectDomain(
  connection: Connection,
  domain: Domain,
  areaPath: string,
  deadlineMs: number,
): Promise<{ description: DomainDescription; running: DomainDescription | null; places: HostPlaces }> {
  const [xml, live, autostart, networks, bridges, hasSnapshots] = await Promise.all([
    domainXml(connection, domain, { inactive: true, deadlineMs }),
    liveXml(connection, domain, deadlineMs),
    getDomainAutostart(connection, domain, { deadlineMs }).catch(() => false),
    listNetworks(connection, { deadlineMs }).catch(() => []),
    bridgesHere(),
    hasSnapshotsHere(domain.name),
  ]);
  const placementOf = placementsHere(areaPath);
  const facts = { autostart, hasSnapshots, placementOf };
  const description = describeDomain(xml, facts);
  const running = live === null ? null : describeDomain(live, facts);
  return { description, running, places: { bridges, networks: networks.map((network) => network.name) } };
}

/** Stores a definition with autostart off. */
export async function storeDefinition(
  connection: Connection,
  vm: string,
  xml: string,
  deadlineMs: number,
): Promise<void> {
  const domain = await defineDomain(connection, xml, { deadlineMs });
  if (domain.uuid.toLowerCase() !== vm) throw new Error(`the definition names ${domain.uuid}`);
  await setDomainAutostart(connection, domain, false, { deadlineMs });
  // A memory image from an earlier run here, restored now, would write to disks that went on without it.
  if (await hasManagedSave(connection, domain, { deadlineMs })) {
    await removeManagedSave(connection, domain, { deadlineMs });
  }
}
