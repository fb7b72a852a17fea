import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { AdminCommand, CommandReply, HypervisorAction } from '../core/engine/types.ts';
import type { Copied } from '../hypervisor/driller.ts';
import { HypervisorError, type IncomingSide, type LiveMover } from '../hypervisor/hypervisor.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { MoveProgress } from '../protocol/moveProgress.ts';
import { Answers, type AnswersOptions } from './answers.ts';
import { askForCopies } from './askForCopies.ts';
import { join } from './join.ts';
import { Requests } from './requests.ts';
import { connectLink, createLinkServer, HANDSHAKE_DEADLINE_MS, type LinkKeys } from './secureLink.ts';

const ASK_DEADLINE_MS = 12_000;
/** The other side's libvirt has its own deadline, below this. */
const STEP_DEADLINE_MS = 100_000;
/** An address that is not there (yet) is tried again this often. */
const LISTEN_AGAIN_MS = 5000;
/** libvirt connects to the relay in the moment in which it is told to; one that nobody comes to is closed. */
const RELAY_DEADLINE_MS = 60_000;

const NOT_MOVABLE: Failure = {
  code: 'vm.not-movable',
  message: 'This hypervisor can not move a running guest.',
};

type MigrateAction = Extract<HypervisorAction, { kind: 'migrate' }>;

interface Running {
  readonly abort: AbortController;
  progress: MoveProgress | null;
}

export interface MovesOptions {
  readonly slot: number;
  readonly readKey: () => Uint8Array;
  /** Null where the hypervisor can't move a running guest. */
  readonly mover: LiveMover | null;
  readonly command: (command: AdminCommand) => Promise<CommandReply>;
  readonly copyDisks: AnswersOptions['copyDisks'];
}

/** Live moves from and to this host. Listens beside the heartbeats, on TCP, on every own link. */
export class Moves {
  readonly #options: MovesOptions;
  readonly #answers: Answers | null;
  readonly #running = new Map<string, Running>();
  #config: GroupConfig | null = null;
  #servers: readonly Server[] = [];
  #listens = '';
  #again: NodeJS.Timeout | undefined;

  constructor(options: MovesOptions) {
    this.#options = options;
    const { mover, command, copyDisks } = options;
    this.#answers =
      mover === null
        ? null
        : new Answers({
            mover,
            hostName: () => this.#nameOf(options.slot),
            receive: (ask) => command({ kind: 'receive', ...ask }),
            receiveEnd: (vm, generation) => void command({ kind: 'receiveEnd', vm, generation }),
            copyDisks,
          });
  }

  configure(config: GroupConfig): void {
    this.#config = config;
    if (this.#answers !== null) this.#listen();
  }

  close(): void {
    clearTimeout(this.#again);
    for (const server of this.#servers) server.close();
    for (const { abort } of this.#running.values()) abort.abort();
  }

  cancel(vm: string): void {
    this.#running.get(vm)?.abort.abort();
  }

  /** Of a move from here, once the hypervisor has told of it. */
  progress(vm: string): MoveProgress | null {
    return this.#running.get(vm)?.progress ?? null;
  }

  /** Resolves when the guest is there, paused, and its QEMU here has ended. Rejects with the reason why it stays. */
  async migrate(action: MigrateAction): Promise<void> {
    const { mover } = this.#options;
    if (mover === null) {
      throw new FailureError(NOT_MOVABLE);
    }
    const running: Running = { abort: new AbortController(), progress: null };
    this.#running.set(action.vm, running);
    try {
      await this.#send(mover, action, running);
    } finally {
      this.#running.delete(action.vm);
    }
  }

  /** Has the host in slot `from` copy the disks of a VM that it runs. Aborting the signal ends it there. */
  async copyDisks(from: number, vm: string, drill: string, signal: AbortSignal): Promise<Copied> {
    const { socket } = await this.#connect(this.#keys(), from);
    return askForCopies(socket, vm, drill, signal);
  }

  async #send(
    mover: LiveMover,
    { vm, to, generation, digest, mebibytesPerSecond }: MigrateAction,
    running: Running,
  ): Promise<void> {
    const { abort } = running;
    const keys = this.#keys();
    const { socket, address } = await this.#connect(keys, to);
    // Whatever ends the conversation ends the transfer: nobody would finish it.
    const requests = new Requests(socket, () => abort.abort());
    try {
      const [stop] = await preflight(mover, requests, vm);
      if (stop !== undefined) throw new FailureError(stop);
      await requests.ask({ kind: 'ask', vm, generation, digest }, ASK_DEADLINE_MS);
      const side: IncomingSide = {
        async prepare({ xml, cookie }) {
          const reply = await requests.ask(
            { kind: 'prepare', xml, cookie: base64(cookie) },
            STEP_DEADLINE_MS,
          );
          const ticket = reply.ticket ?? '';
          return {
            cookie: bytes(reply.cookie),
            memoryPort: await openRelay(async () => {
              const memory = await connectLink(keys, to, address);
              await beginMemory(memory, ticket);
              return memory;
            }),
          };
        },
        async finish(cookie) {
          return bytes(
            (await requests.ask({ kind: 'finish', cookie: base64(cookie) }, STEP_DEADLINE_MS)).cookie,
          );
        },
        async cancel() {
          await requests.ask({ kind: 'cancel' }, STEP_DEADLINE_MS);
        },
      };
      const onProgress = (progress: MoveProgress): void => {
        running.progress = progress;
      };
      await mover.send(vm, side, { signal: abort.signal, mebibytesPerSecond, onProgress });
    } catch (error) {
      if (requests.ended !== null) throw requests.ended;
      throw error instanceof HypervisorError || error instanceof FailureError
        ? error
        : new FailureError({
            code: 'move.failed',
            message: error instanceof Error ? error.message : String(error),
          });
    } finally {
      requests.close();
    }
  }

  /** What would stop a live move to that host, as both hosts see it now. Begins nothing. */
  async check(vm: string, to: number): Promise<readonly Failure[]> {
    const { mover } = this.#options;
    if (mover === null) return [NOT_MOVABLE];
    const { socket } = await this.#connect(this.#keys(), to);
    const requests = new Requests(socket, () => {});
    try {
      return await preflight(mover, requests, vm);
    } finally {
      requests.close();
    }
  }

  #nameOf(slot: number): string {
    return this.#config?.hosts.find((one) => one.slot === slot)?.name ?? `slot ${slot}`;
  }

  /** By the first link that works. */
  async #connect(
    keys: LinkKeys,
    to: number,
  ): Promise<{
    readonly socket: TLSSocket;
    readonly address: { readonly address: string; readonly port: number };
  }> {
    const host = this.#config?.hosts.find((one) => one.slot === to);
    const problems: string[] = [];
    for (const address of host?.links ?? []) {
      try {
        return { socket: await connectLink(keys, to, address), address };
      } catch (error) {
        problems.push(`${address.address}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw new FailureError({
      code: 'move.no-link',
      message: `The agent of ${this.#nameOf(to)} can't be reached (${problems.join('; ')}).`,
      fix: `Allow TCP as well as UDP on port ${host?.links[0]?.port ?? 'of the heartbeats'} between the hosts.`,
    });
  }

  #keys(): LinkKeys {
    const groupId = this.#config?.groupId ?? '';
    return { groupKey: this.#options.readKey(), groupId, self: this.#options.slot };
  }

  /** On every own link, and again when they changed or one of them could not be listened on. */
  #listen(): void {
    const own = this.#config?.hosts.find((host) => host.slot === this.#options.slot)?.links ?? [];
    const listens = JSON.stringify([this.#config?.groupId, own]);
    if (listens === this.#listens) return;
    this.#listens = listens;
    for (const server of this.#servers) server.close();
    clearTimeout(this.#again);
    let keys: LinkKeys;
    try {
      keys = this.#keys();
    } catch {
      // The heartbeats say that the group key can't be read.
      this.#listenAgain();
      return;
    }
    this.#servers = own.map(({ address, port }) => {
      const server = createLinkServer(keys, (socket, from) => this.#answers?.serve(socket, from));
      server.on('tlsClientError', (_, socket) => socket.destroy());
      server.on('error', () => this.#listenAgain());
      server.listen({ host: address, port, exclusive: true });
      return server;
    });
  }

  #listenAgain(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#listens = '';
      this.#listen();
    }, LISTEN_AGAIN_MS);
  }
}

/** The source first: what keeps a guest here need not be asked there. An agent of the version before knows no check. */
async function preflight(mover: LiveMover, requests: Requests, vm: string): Promise<readonly Failure[]> {
  const { xml, hostCpu, against } = await mover.departure(vm);
  try {
    const answer = await requests.ask({ kind: 'check', xml, hostCpu }, ASK_DEADLINE_MS);
    return [...against, ...(answer.against ?? [])];
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'move.out-of-order') return against;
    throw error;
  }
}

/** The other side says when it is ready; nothing but its one line comes before the first byte of memory. */
async function beginMemory(memory: TLSSocket, ticket: string): Promise<void> {
  const signal = AbortSignal.timeout(HANDSHAKE_DEADLINE_MS);
  const heard = once(memory, 'data', { signal });
  memory.write(`${JSON.stringify({ kind: 'memory', ticket })}\n`);
  try {
    const [line] = (await heard) as [Buffer];
    if (line.toString('utf8') !== '{"ok":true}\n') throw new Error('the other side refused the memory');
    memory.pause();
  } catch (error) {
    memory.destroy();
    throw error;
  }
}

/** A port on this host alone that takes one connection, libvirt's, and carries it over a connection of its own. */
function openRelay(open: () => Promise<TLSSocket>): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true }, (local) => {
      server.close();
      open().then(
        (remote) => {
          local.setNoDelay(true);
          join(local, remote);
        },
        () => local.destroy(),
      );
    });
    server.maxConnections = 1;
    server.on('error', reject);
    const timer = setTimeout(() => server.close(), RELAY_DEADLINE_MS);
    server.on('close', () => clearTimeout(timer));
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64');
const bytes = (value: string | undefined): Uint8Array => Buffer.from(value ?? '', 'base64');
