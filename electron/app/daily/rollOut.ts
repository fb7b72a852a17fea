import { setTimeout as delay } from 'node:timers/promises';
import { type Failure, FailureError } from '../../../agent/protocol/failure.ts';
import { asFailure } from '../../backend/failures.ts';
import type { RollHost, RollView } from '../../ipc/daily/updateViews.ts';

/** An agent that was restarted is well again within seconds; a keeper may take T to join anew. */
const WELL_WITHIN_MS = 150_000;
const LOOK_EVERY_MS = 500;
/** Looks in a row that must find the host well, so that one lucky look is not enough. */
const WELL_LOOKS = 4;

/** What a roll-out does on hosts, and sees of them. */
export interface RollWork {
  /** Brings a host to the carried version: files, link, restart of agent and keeper. VMs are not touched. */
  install(host: string, step: (text: string) => void): Promise<void>;
  /** The version that it had is current again, or still. Resolves with it; null: it had none, or was not reached. */
  rollBack(host: string): Promise<string | null>;
  /** What keeps this host from being well at that version now; null: nothing. */
  ailment(host: string, version: string): string | null | Promise<string | null>;
  /** What keeps the group from being worked on now: a host that is away, a VM being moved; null: nothing. */
  obstacle(): string | null | Promise<string | null>;
  changed(): void;
}

/**
 * Brings the agents of a group to one version, host by host: the next only when the one before is well again, as it
 * says itself and as the others hear it. A host that does not come back well goes back to the version it had.
 */
export class RollOut {
  readonly #work: RollWork;
  readonly #version: string;
  readonly #hosts: Map<string, RollHost>;
  readonly #wait: (ms: number) => Promise<unknown>;
  #state: RollView['state'] = 'under-way';

  constructor(
    hosts: readonly string[],
    version: string,
    work: RollWork,
    wait: (ms: number) => Promise<unknown> = delay,
  ) {
    this.#work = work;
    this.#version = version;
    this.#wait = wait;
    this.#hosts = new Map(hosts.map((host) => [host, { host, state: 'waiting', step: null, failure: null }]));
  }

  view(): RollView {
    return { state: this.#state, hosts: [...this.#hosts.values()] };
  }

  get isOver(): boolean {
    return this.#state !== 'under-way' && this.#state !== 'stopping';
  }

  /** The host at work is finished; no further one is begun. */
  stop(): void {
    if (this.#state !== 'under-way') return;
    this.#state = 'stopping';
    this.#work.changed();
  }

  /** Never rejects: how it went is in the view. */
  async run(): Promise<void> {
    for (const host of this.#hosts.keys()) {
      if (this.#isStopping()) break;
      if (!(await this.#one(host))) break;
    }
    const states = [...this.#hosts.values()].map(({ state }) => state);
    for (const [host, { state }] of this.#hosts)
      if (state === 'waiting') this.#note(host, { state: 'left-out' });
    this.#state = states.includes('failed') ? 'failed' : states.includes('waiting') ? 'stopped' : 'done';
    this.#work.changed();
  }

  /** A method, because `stop` may be called while an await waits, which the compiler can't see. */
  #isStopping(): boolean {
    return this.#state === 'stopping';
  }

  async #one(host: string): Promise<boolean> {
    try {
      const obstacle = await this.#work.obstacle();
      if (obstacle !== null) throw refused('updates.not-now', obstacle);
      this.#note(host, { state: 'under-way', step: 'Beginning' });
      await this.#work.install(host, (step) => this.#note(host, { step }));
      this.#note(host, { step: 'Waiting until it is well again' });
      const ailment = await this.#untilWell(host, this.#version);
      if (ailment !== null) throw refused('updates.not-well', ailment);
      this.#note(host, { state: 'done', step: null });
      return true;
    } catch (fault) {
      await this.#failed(host, asFailure(fault));
      return false;
    }
  }

  async #failed(host: string, failure: Failure): Promise<void> {
    if (failure.code === 'updates.not-now') {
      return this.#note(host, { state: 'failed', step: null, failure });
    }
    this.#note(host, { step: 'Going back to the version before' });
    try {
      const before = await this.#work.rollBack(host);
      if (before === null) return this.#note(host, { state: 'failed', step: null, failure });
      const ailment = await this.#untilWell(host, before);
      const end = ailment === null ? `It is well at ${before} again.` : `At ${before}, too: ${ailment}`;
      this.#note(host, { state: 'failed', step: null, failure: { ...failure, meaning: end } });
    } catch (fault) {
      const meaning = `It could not be taken back: ${asFailure(fault).message}`;
      this.#note(host, { state: 'failed', step: null, failure: { ...failure, meaning } });
    }
  }

  /** What still ails it at the end of its time; null: well. */
  async #untilWell(host: string, version: string): Promise<string | null> {
    let well = 0;
    let ailment: string | null = 'It was not looked at.';
    for (let waitedMs = 0; waitedMs <= WELL_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
      ailment = await this.#work.ailment(host, version);
      well = ailment === null ? well + 1 : 0;
      if (well >= WELL_LOOKS) return null;
      await this.#wait(LOOK_EVERY_MS);
    }
    return ailment ?? 'It was well only for moments.';
  }

  #note(host: string, change: Partial<RollHost>): void {
    const known = this.#hosts.get(host);
    if (known === undefined) return;
    this.#hosts.set(host, { ...known, ...change });
    this.#work.changed();
  }
}

const refused = (code: string, message: string): FailureError =>
  new FailureError({
    code,
    message,
    fix:
      code === 'updates.not-now'
        ? 'Wait until all hosts are well and nothing is being moved, then begin again.'
        : 'Read the events of that host; the others were left as they are.',
  });
