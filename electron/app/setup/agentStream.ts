import type { Duplex } from 'node:stream';
import { fail } from '../../backend/failures.ts';
import type { HostAccess } from './hostAccess.ts';

/** Streams to agents for the links that watch groups, over the connection that all else on a host uses. */
export class AgentStreams {
  readonly #access: HostAccess;
  readonly #askedFor = new Set<string>();
  readonly #opening = new Set<string>();

  constructor(access: HostAccess) {
    this.#access = access;
  }

  /**
   * A person is asked at most once: links try again and again. The stream ends with its connection, and lets go of it when
   * it ends. Throws a FailureError.
   */
  async open(host: string): Promise<Duplex> {
    if (this.#opening.has(host)) throw questionOpen(host);
    const ask = !this.#askedFor.has(host);
    this.#askedFor.add(host);
    this.#opening.add(host);
    try {
      return await openAgent(this.#access, host, ask);
    } finally {
      this.#opening.delete(host);
    }
  }

  /** A group was closed: opened again, it may ask again. */
  mayAskAgain(): void {
    this.#askedFor.clear();
  }
}

/** Waiting for a person takes longer than a link waits. */
const questionOpen = (host: string): Error =>
  fail({
    code: 'setup.question-open',
    message: `${host} was not logged in to yet: a question about it waits for an answer.`,
    fix: 'Answer the question in the window.',
  });

async function openAgent(access: HostAccess, host: string, ask: boolean): Promise<Duplex> {
  const session = await access.lease(host, ask);
  try {
    const stream = await session.openControl();
    session.stopAsking();
    stream.once('close', () => session.close());
    void session.closed.then(() => stream.destroy());
    return stream;
  } catch (fault) {
    session.close();
    throw fault;
  }
}
