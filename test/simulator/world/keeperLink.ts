import type { OperationOutcome } from '../../../agent/core/engine/types.ts';
import type { KeeperLine, KeeperNetMessage, KeeperRequestBody } from '../../../agent/protocol/keeperLink.ts';
import type { KeeperView } from '../../../agent/protocol/keeperLink.ts';
import { done, failure } from './daemon.ts';
import type { Host } from './host.ts';
import type { KeeperProcess } from './keeperProcess.ts';
import type { Process } from './process.ts';

/** As in agent/service/keeperLink.ts. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 2000;
/** A keeper disconnects an agent that leaves so many lines unread: 2 MiB of them (agent/keeper/agentSocket.ts). */
const MAX_UNREAD = 400;
const SOCKET_MS = 0.2;

type Answer = (outcome: OperationOutcome) => void;

export interface KeeperLinkEvents {
  readonly lost: () => void;
  readonly view: (view: KeeperView) => void;
  readonly toPeer: (to: number, message: KeeperNetMessage) => void;
  /** A request was granted. */
  readonly granted: (body: KeeperRequestBody, generation: number | null) => void;
}

/** The agent's end of the socket to its keeper; comes back by itself. */
export class KeeperLink {
  readonly #host: Host;
  readonly #process: Process;
  readonly #keeper: KeeperProcess;
  readonly #events: KeeperLinkEvents;
  readonly #requests = new Map<number, { readonly body: KeeperRequestBody; readonly answer: Answer }>();
  #isOpen = false;
  /** Counts the connections: what was sent on one is not heard on the next. */
  #connection = 0;
  #nextRequest = 1;

  constructor(host: Host, process: Process, keeper: KeeperProcess, events: KeeperLinkEvents) {
    this.#host = host;
    this.#process = process;
    this.#keeper = keeper;
    this.#events = events;
  }

  /** The agent's process has ended. */
  close(): void {
    if (this.#isOpen) this.#host.later(1, () => this.#keeper.agent(false));
    this.forget();
  }

  forget(): void {
    this.#isOpen = false;
    this.#requests.clear();
  }

  connect(version: string, retryMs: number = FIRST_RETRY_MS): void {
    if (this.#keeper.state === null || this.#keeper.process.isHung) {
      this.#events.lost();
      const nextMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      this.#process.later(retryMs, () => this.connect(version, nextMs));
      return;
    }
    this.#isOpen = true;
    this.#connection += 1;
    this.#keeper.agent(true);
    this.ask({ kind: 'hello', agentVersion: version }, LAST_RETRY_MS, () => undefined);
  }

  /** The keeper's process has ended: the link breaks, what was asked is not answered. */
  keeperEnded(version: string): void {
    this.#process.inside(() => {
      if (!this.#isOpen) return;
      this.#isOpen = false;
      const open = [...this.#requests.values()];
      this.#requests.clear();
      for (const { answer } of open) answer(failure('keeper.gone', 'The keeper went away.', false));
      this.connect(version);
    });
  }

  /** A line from the keeper, through the socket. */
  line(line: KeeperLine, version: string): void {
    if (!this.#isOpen) return;
    if (this.#process.waiting > MAX_UNREAD) {
      this.#isOpen = false;
      this.#keeper.agent(false);
      this.#process.drop();
      this.#process.later(0, () => this.connect(version));
      return;
    }
    this.#process.later(SOCKET_MS, () => this.#take(line));
  }

  #take(line: KeeperLine): void {
    switch (line.kind) {
      case 'view':
        this.#events.view(line.view);
        return;
      case 'reply':
      case 'refused':
        this.#settle(line);
        return;
      case 'toPeer':
        this.#events.toPeer(line.to, line.message);
        return;
      case 'event':
        return;
    }
  }

  #settle(line: Extract<KeeperLine, { kind: 'reply' | 'refused' }>): void {
    const asked = this.#requests.get(line.id);
    this.#requests.delete(line.id);
    if (asked === undefined) return;
    if (line.kind === 'refused') {
      asked.answer({ kind: 'failed', failure: line.failure, certain: true });
      return;
    }
    const { generation } = line;
    this.#events.granted(asked.body, generation);
    asked.answer(generation === null ? done : { kind: 'done', value: { kind: 'generation', generation } });
  }

  /** Answered once, by the deadline at the latest; `fromPeer` is not waited for. */
  ask(body: KeeperRequestBody, deadlineMs: number, answer: Answer): void {
    if (!this.#isOpen) {
      const gone = failure('keeper.gone', 'The keeper does not answer.', true);
      this.#process.later(0, () => answer(gone));
      return;
    }
    const id = this.#nextRequest;
    this.#nextRequest += 1;
    if (body.kind !== 'fromPeer') {
      this.#requests.set(id, { body, answer });
      this.#process.later(deadlineMs, () => {
        const late = failure('keeper.no-answer', 'The keeper did not answer in time.', false);
        if (this.#requests.delete(id)) answer(late);
      });
    }
    const connection = this.#connection;
    this.#host.later(SOCKET_MS, () => {
      if (this.#isOpen && this.#connection === connection) this.#keeper.request({ id, body });
    });
  }
}
