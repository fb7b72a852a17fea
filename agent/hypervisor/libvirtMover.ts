import {
  connect,
  type Connection,
  connectionTarget,
  destroyDomain,
  type Domain,
  getDomainState,
  lookupDomainByUuid,
  MigrationFailedError,
  MigrationUndecidedError,
  migrateDomain,
  type MigrationTarget,
} from '../node-libvirt/index.ts';
import type { Failure } from '../protocol/failure.ts';
import {
  type Departure,
  HypervisorError,
  type IncomingSide,
  type LiveMover,
  type PreflightOrder,
  type Receiving,
  type ReceiveOrder,
  type SendOptions,
} from './hypervisor.ts';
import { asHypervisorError } from './libvirtErrors.ts';
import { moveProgress } from './libvirtJob.ts';
import { arrival, departure } from './libvirtPreflight.ts';
import { connectOptions, type LibvirtOptions } from './libvirtOptions.ts';

/** Memory passes through this host's own loopback and the agents' connection, never over the network as it is. */
const LOOPBACK = '127.0.0.1';
/** `VIR_MIGRATE_LIVE` and `VIR_MIGRATE_PAUSED`: whatever the sender wants, the copy waits until the keeper agrees. */
const LIVE_AND_PAUSED = 1 + 32;
/** `VIR_TYPED_PARAM_STRING` */
const STRING = 7;
/** A guest that writes faster than the link carries is slowed down until it fits. */
const TRANSFER_DEADLINE_MS = 60 * 60_000;
const LOOK_DEADLINE_MS = 5000;
/** libvirt starts an emulator to learn what it can, the first time; below what the asking agent waits for. */
const PREFLIGHT_DEADLINE_MS = 9000;

const MARK = /<understudy:incoming\b[^>]*\/>/g;

/** The hook lets a QEMU pass that was begun from a description with this mark, and no start by hand. */
export function markIncoming(xml: string, generation: number): string {
  const mark = `<understudy:incoming xmlns:understudy="urn:understudy:incoming" generation="${generation}"/>`;
  const plain = xml.replaceAll(MARK, '');
  if (plain.includes('<metadata>')) return plain.replace('<metadata>', `<metadata>${mark}`);
  return plain.replace('</uuid>', `</uuid><metadata>${mark}</metadata>`);
}

/** Live moves with libvirt. Each has a connection of its own: when it ends, libvirt takes an unfinished move back. */
export class LibvirtMover implements LiveMover {
  readonly #options: LibvirtOptions;

  constructor(options: LibvirtOptions) {
    this.#options = options;
  }

  async send(vm: string, side: IncomingSide, options: SendOptions): Promise<void> {
    const connection = await this.#connect();
    try {
      const domain = await lookupDomainByUuid(connection, vm);
      await migrate(connection, domain, side, options);
    } catch (error) {
      throw asMoveError(error);
    } finally {
      await connection.close().catch(() => {});
    }
  }

  async receive({ vm, generation, xml, cookie }: ReceiveOrder): Promise<Receiving> {
    const connection = await this.#connect();
    try {
      const domain = await lookupDomainByUuid(connection, vm);
      if (!xml.includes(`<uuid>${vm}</uuid>`) || !xml.includes(`<name>${domain.name}</name>`)) {
        throw new Error('the description is of another VM');
      }
      return await prepare(connection, domain, markIncoming(xml, generation), cookie);
    } catch (error) {
      await connection.close().catch(() => {});
      throw asHypervisorError(error);
    }
  }

  departure(vm: string): Promise<Departure> {
    return this.#ask(async (connection) => {
      const domain = await lookupDomainByUuid(connection, vm, { deadlineMs: LOOK_DEADLINE_MS });
      return departure(connection, domain, this.#options.areaPath, PREFLIGHT_DEADLINE_MS);
    });
  }

  arrival(order: PreflightOrder): Promise<readonly Failure[]> {
    return this.#ask((connection) =>
      arrival(connection, order, this.#options.areaPath, PREFLIGHT_DEADLINE_MS),
    );
  }

  async #ask<Answer>(work: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    const connection = await this.#connect();
    try {
      return await work(connection);
    } catch (error) {
      throw asHypervisorError(error);
    } finally {
      await connection.close().catch(() => {});
    }
  }

  async #connect(): Promise<Connection> {
    try {
      return await connect(connectOptions(this.#options));
    } catch (error) {
      throw asHypervisorError(error);
    }
  }
}

async function migrate(
  connection: Connection,
  domain: Domain,
  side: IncomingSide,
  { signal, mebibytesPerSecond, onProgress }: SendOptions,
): Promise<void> {
  const target: MigrationTarget = {
    async prepare({ params, cookieIn }) {
      const xml = params.find((param) => param.field === 'destination_xml')?.value.value;
      if (typeof xml !== 'string') throw new Error('libvirt gave no description of the domain');
      const { cookie, memoryPort } = await side.prepare({ xml, cookie: cookieIn });
      return { cookieOut: cookie, uriOut: `tcp:${LOOPBACK}:${memoryPort}` };
    },
    async finish({ cookieIn, cancelled }) {
      if (cancelled !== 0) {
        await side.cancel();
        throw new Error('the move was cancelled');
      }
      return { dom: domain, cookieOut: await side.finish(cookieIn) };
    },
    // The copy is paused, and without the token it stays so: what happens here is not a question of what happens there.
    isGone: () => Promise.resolve(true),
  };
  try {
    const moved = await migrateDomain(connection, target, domain, {
      migrateUri: `tcp:${LOOPBACK}`,
      paused: true,
      persist: false,
      autoConverge: true,
      deadlineMs: TRANSFER_DEADLINE_MS,
      signal,
      onProgress: (job) => onProgress(moveProgress(job)),
      ...(mebibytesPerSecond === null ? {} : { mebibytesPerSecond }),
    });
    if (moved.sourceProblem === undefined) return;
    throw moved.sourceProblem;
  } catch (error) {
    if (error instanceof MigrationUndecidedError) await error.settle('source');
    throw error;
  }
}

async function prepare(
  connection: Connection,
  domain: Domain,
  xml: string,
  cookie: Uint8Array,
): Promise<Receiving> {
  const text = (field: string, value: string) => ({ field, value: { type: STRING, value } as const });
  const params = [
    text('destination_name', domain.name),
    text('destination_xml', xml),
    text('migrate_uri', `tcp://${LOOPBACK}`),
    text('listen_address', LOOPBACK),
  ];
  const target = connectionTarget(connection);
  const flags = LIVE_AND_PAUSED;
  const prepared = await target.prepare({ params, cookieIn: cookie, flags });
  const memoryPort = Number(/:(\d+)\/?$/.exec(prepared.uriOut ?? '')?.[1]);
  const cancel = async (): Promise<void> => {
    const nothing = { params, cookieIn: new Uint8Array(), flags, cancelled: 1 };
    // libvirt has no domain to return here, and reports that as an error.
    await target.finish(nothing).catch(() => {});
    const { state } = await getDomainState(connection, domain, { deadlineMs: LOOK_DEADLINE_MS });
    if (state !== 'off') await destroyDomain(connection, domain);
  };
  if (!Number.isSafeInteger(memoryPort)) {
    await cancel().catch(() => {});
    throw new Error(`libvirt named no port for the memory (${prepared.uriOut ?? ''})`);
  }
  return {
    cookie: prepared.cookieOut,
    memoryPort,
    async finish(cookieIn) {
      const { cookieOut } = await target.finish({ params, cookieIn, flags, cancelled: 0 });
      await connection.close().catch(() => {});
      return cookieOut;
    },
    async cancel() {
      try {
        await cancel();
      } finally {
        await connection.close().catch(() => {});
      }
    },
  };
}

function asMoveError(error: unknown): HypervisorError {
  if (error instanceof MigrationFailedError || error instanceof MigrationUndecidedError) {
    const { cause } = error;
    const message = cause instanceof Error ? cause.message : error.message;
    return new HypervisorError({ code: 'vm.live-broke-off', message }, true, error);
  }
  return asHypervisorError(error);
}
