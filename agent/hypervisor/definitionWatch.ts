import { createHash } from 'node:crypto';
import {
  type Connection,
  type Domain,
  domainXml,
  errorCode,
  getDomainAutostart,
  getDomainState,
  isLibvirtError,
  lookupDomainByUuid,
} from '../node-libvirt/index.ts';

/** Null when it does not run: then libvirt gives the stored definition instead. */
export async function liveXml(
  connection: Connection,
  domain: Domain,
  deadlineMs: number,
): Promise<string | null> {
  const { state } = await getDomainState(connection, domain, { deadlineMs });
  return state === 'off' ? null : await domainXml(connection, domain, { deadlineMs });
}

/**
 * Finds changes that libvirt does not announce: a medium that was inserted, a disk that was moved, autostart. Only a digest
 * is kept, so that many VMs cost little.
 */
export class DefinitionWatch {
  #known = new Map<string, string>();

  /** Of these VMs, those that are not as they were at the last look. One that is seen for the first time is not. */
  async changed(
    connection: Connection,
    vms: readonly string[],
    deadlineMs: number,
  ): Promise<readonly string[]> {
    const endsAt = performance.now() + deadlineMs;
    const left = (): number => Math.max(1, endsAt - performance.now());
    const now = new Map<string, string>();
    const changed: string[] = [];
    for (const vm of vms) {
      const digest = await this.#digest(connection, vm, left);
      if (digest === null) continue;
      now.set(vm, digest);
      const before = this.#known.get(vm);
      if (before !== undefined && before !== digest) changed.push(vm);
    }
    this.#known = now;
    return changed;
  }

  async #digest(connection: Connection, vm: string, left: () => number): Promise<string | null> {
    try {
      const domain = await lookupDomainByUuid(connection, vm, { deadlineMs: left() });
      const [xml, live, autostart] = await Promise.all([
        domainXml(connection, domain, { inactive: true, deadlineMs: left() }),
        liveXml(connection, domain, left()),
        getDomainAutostart(connection, domain, { deadlineMs: left() }),
      ]);
      return createHash('sha256').update(`${xml}\n${live}\n${autostart}`).digest('base64');
    } catch (error) {
      // Not defined here, or gone meanwhile: there is nothing that could have changed.
      if (isLibvirtError(error, errorCode.noDomain)) return null;
      throw error;
    }
  }
}
