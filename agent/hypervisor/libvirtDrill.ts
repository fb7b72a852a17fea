import { join } from 'node:path';
import {
  abortDomainJob,
  beginBackup,
  type Connection,
  connect,
  createTransientDomain,
  destroyDomain,
  type Domain,
  domainXml,
  errorCode,
  getBackupXml,
  getBlockInfo,
  getDomainJob,
  getDomainState,
  isLibvirtError,
  listDomains,
  lookupDomainByUuid,
  setBlockJobSpeed,
} from '../node-libvirt/index.ts';
import type { BootOrder, Copied, CopyOrder, Driller, DrillGuest } from './driller.ts';
import { copyOrder, disksToCopy, isDrill } from './drillXml.ts';
import { HypervisorError } from './hypervisor.ts';
import { asHypervisorError } from './libvirtErrors.ts';
import { connectOptions, type LibvirtOptions } from './libvirtOptions.ts';

/** About half of what a network of 1 Gbit/s carries: leases and guests go the same way. Holes in a disk count as well. */
const COPY_BYTES_PER_SECOND = 64 * 1024 * 1024;
/** Beyond this a copy is not made: it would take longer than the night (2.2 TiB at the speed above). */
const COPY_DEADLINE_MS = 10 * 3_600_000;
const LOOK_EVERY_MS = 1000;
const CALL_DEADLINE_MS = 15_000;
const BOOT_DEADLINE_MS = 90_000;
const END_DEADLINE_MS = 30_000;
const options = { deadlineMs: CALL_DEADLINE_MS };

/** Drills by libvirt. Each has a connection of its own, and libvirt ends the copy with it. */
export class LibvirtDriller implements Driller {
  readonly #options: LibvirtOptions;

  constructor(libvirtOptions: LibvirtOptions) {
    this.#options = libvirtOptions;
  }

  copyDisks(order: CopyOrder): Promise<Copied> {
    return this.#with(async (connection) => {
      const domain = await lookupDomainByUuid(connection, order.vm, options);
      const xml = await domainXml(connection, domain, options);
      const { targets, problem } = disksToCopy(xml);
      if (problem !== null) throw refused('drill.not-copyable', `It can't be drilled: ${problem}.`);
      const files = new Map(targets.map((target) => [target, join(order.folder, `${target}.qcow2`)]));
      await order.mayTake(await bytesOf(connection, domain, targets));
      order.signal.throwIfAborted();
      await beginBackup(connection, domain, copyOrder(xml, files), options);
      try {
        for (const target of targets) {
          // A disk that is copied already has no job left that could be slowed down.
          await setBlockJobSpeed(connection, domain, target, COPY_BYTES_PER_SECOND, options).catch(
            ignoreRefusal,
          );
        }
        const bytes = await untilCopied(connection, domain, order.signal);
        return { disks: [...files].map(([target, path]) => ({ target, path })), bytes };
      } catch (error) {
        await abortDomainJob(connection, domain, options).catch(ignoreRefusal);
        throw error;
      }
    });
  }

  async boot({ uuid, xml, signal }: BootOrder): Promise<DrillGuest> {
    const connection = await connect({ ...connectOptions(this.#options), ...options }).catch(
      (error: unknown) => {
        throw asHypervisorError(error);
      },
    );
    const giveUp = (): void => connection.destroy('the drill is over');
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      signal.throwIfAborted();
      const domain = await createTransientDomain(connection, xml, {
        autodestroy: true,
        deadlineMs: BOOT_DEADLINE_MS,
      });
      if (domain.uuid.toLowerCase() !== uuid) throw new Error('libvirt started something else');
      return guestOn(connection, domain);
    } catch (error) {
      // With the connection libvirt ends what was started over it.
      giveUp();
      throw asHypervisorError(error);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  endCopies(): Promise<void> {
    return this.#with(async (connection) => {
      for (const domain of await listDomains(connection, { active: true, ...options })) {
        if (isDrill(domain)) await destroyDomain(connection, domain, { deadlineMs: END_DEADLINE_MS });
      }
    });
  }

  endCopying(folder: string): Promise<void> {
    return this.#with(async (connection) => {
      for (const domain of await listDomains(connection, { active: true, ...options })) {
        const xml = await getBackupXml(connection, domain, options).catch(() => '');
        if (xml.includes(` file='${folder}/`)) {
          await abortDomainJob(connection, domain, options).catch(ignoreRefusal);
        }
      }
    });
  }

  async #with<Result>(act: (connection: Connection) => Promise<Result>): Promise<Result> {
    try {
      const connection = await connect({ ...connectOptions(this.#options), ...options });
      try {
        return await act(connection);
      } finally {
        await connection.close().catch(() => {});
      }
    } catch (error) {
      throw asHypervisorError(error);
    }
  }
}

const refused = (code: string, message: string): HypervisorError =>
  new HypervisorError({ code, message }, true);

function ignoreRefusal(error: unknown): void {
  if (!isLibvirtError(error)) throw error;
}

async function bytesOf(connection: Connection, domain: Domain, targets: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const target of targets) {
    const { allocationBytes, physicalBytes, capacityBytes } = await getBlockInfo(
      connection,
      domain,
      target,
      options,
    );
    // Of a block device, and of some storage, only the size is known.
    bytes += Math.min(capacityBytes, allocationBytes === 0 ? physicalBytes : allocationBytes);
  }
  return bytes;
}

/** Resolves with what was copied. Rejects when it failed, was cancelled, or takes too long. */
async function untilCopied(connection: Connection, domain: Domain, signal: AbortSignal): Promise<number> {
  const endsAt = performance.now() + COPY_DEADLINE_MS;
  let processed = 0n;
  while (performance.now() < endsAt) {
    signal.throwIfAborted();
    const now = await getDomainJob(connection, domain, options);
    const done = now.values.get('disk_processed');
    if (typeof done === 'bigint') processed = done;
    if (now.type === 'none') {
      const ended = await getDomainJob(connection, domain, { completed: true, ...options });
      if (ended.type === 'completed') return Number(ended.values.get('disk_processed') ?? processed);
      const why = ended.values.get('errmsg');
      throw refused(
        'drill.copy-failed',
        `The disks could not be copied: ${typeof why === 'string' ? why : ended.type}.`,
      );
    }
    await pause(LOOK_EVERY_MS, signal);
  }
  throw refused('drill.copy-too-slow', 'The disks could not be copied within ten hours.');
}

/** Resolves after the time, or as soon as the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

function guestOn(connection: Connection, domain: Domain): DrillGuest {
  let ending: Promise<void> | null = null;
  return {
    async whyEnded() {
      try {
        const { state, reason } = await getDomainState(connection, domain, options);
        return state === 'running' || state === 'blocked' ? null : `it is ${state} (${reason})`;
      } catch (error) {
        if (isLibvirtError(error, errorCode.noDomain)) return 'it has ended';
        throw asHypervisorError(error);
      }
    },
    end() {
      ending ??= endCopy(connection, domain);
      return ending;
    },
  };
}

async function endCopy(connection: Connection, domain: Domain): Promise<void> {
  try {
    await destroyDomain(connection, domain, { deadlineMs: END_DEADLINE_MS });
  } catch (error) {
    // What has ended by itself is not there any more.
    if (!isLibvirtError(error, errorCode.noDomain)) throw asHypervisorError(error);
  } finally {
    connection.destroy('the drill is over');
  }
}
