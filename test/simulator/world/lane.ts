import type { IoOutcome, KeeperEffect } from '../../../agent/core/keeper/types.ts';
import type { Host } from './host.ts';
import type { Store } from './store.ts';

/** As agent/keeper/storeLane.ts has it. */
const MAX_CHILDREN = 4;
const MAX_HUNG_CHILDREN = 8;
const PROBE_EVERY_MS = 30_000;
const SHARE_CHILD_MS = 150;
const SPAWN_MS = 60;

type Request = Extract<KeeperEffect, { kind: 'read' | 'write' }>;
type Done = (outcome: IoOutcome) => void;

interface Job {
  readonly request: Request;
  readonly done: Done;
  readonly queuedAtMs: number;
  state: 'waiting' | 'begun' | 'over';
  isLate: boolean;
}

interface Child {
  job: Job | null;
  isAlive: boolean;
}

/**
 * What became of writes, as the notes of the store-io children in /run say: `null` is under way. They outlive the
 * keeper that asked for the writes, and the children themselves.
 */
export type IoNotes = Map<number, IoOutcome | null>;

/** One lane of store-io children of one keeper: processes of their own, each of which may hang or be killed. */
export class Lane {
  readonly #host: Host;
  readonly #store: Store;
  readonly #notes: IoNotes;
  readonly #children: Child[] = [{ job: null, isAlive: true }];
  #waiting: Job[] = [];
  #isPumping = false;
  /** Its keeper is gone: nobody is told any more, children finish what they do. */
  #isClosed = false;

  constructor(host: Host, store: Store, notes: IoNotes) {
    this.#host = host;
    this.#store = store;
    this.#notes = notes;
  }

  submit(request: Request, done: Done): void {
    const timeoutMs = request.deadlineMs - this.#host.nowMs;
    if (timeoutMs <= 0) {
      this.#host.later(0, () =>
        this.#tell(done, { kind: 'failed', error: 'its time was over before it was begun' }),
      );
      return;
    }
    const job: Job = { request, done, queuedAtMs: this.#host.nowMs, state: 'waiting', isLate: false };
    this.#waiting.push(job);
    this.#dispatch();
    // Nearly always it is back by then; a look at the end costs less than a timer that can be taken back.
    this.#host.later(timeoutMs, () => this.#expire(job));
  }

  /** The keeper has ended. What its children have begun goes on. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  /** SIGKILL for the children that are in the middle of something: what they write may land at any time. */
  killBusyChildren(): number {
    let killed = 0;
    for (const child of this.#children) {
      if (child.job === null || !child.isAlive) continue;
      killed += 1;
      child.isAlive = false;
      const { request, done } = child.job;
      if (request.kind === 'write') continue;
      child.job.state = 'over';
      this.#tell(done, { kind: 'failed', error: 'the store-io process was killed' });
    }
    return killed;
  }

  #dispatch(): void {
    if (this.#isClosed) return;
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const idle = this.#children.find((child) => child.isAlive && child.job === null);
      if (idle === undefined) break;
      this.#waiting.shift();
      this.#begin(idle, job);
    }
    const head = this.#waiting[0];
    if (head === undefined || this.#isPumping) return;
    this.#isPumping = true;
    const living = this.#children.filter((child) => child.isAlive).length;
    const canSpawn = living < this.#limit();
    const waitMs = canSpawn
      ? Math.max(0, head.queuedAtMs + SHARE_CHILD_MS - this.#host.nowMs) + SPAWN_MS
      : 1000;
    this.#host.later(waitMs, () => {
      this.#isPumping = false;
      if (canSpawn && this.#waiting.length > 0) this.#children.push({ job: null, isAlive: true });
      this.#dispatch();
    });
  }

  /** When all hang for long, a few more are tried. */
  #limit(): number {
    const since = this.#children.map((child) =>
      child.job?.isLate === true ? child.job.queuedAtMs : this.#host.nowMs,
    );
    const probes = Math.floor((this.#host.nowMs - Math.max(...since)) / PROBE_EVERY_MS);
    return Math.min(MAX_CHILDREN + probes, MAX_HUNG_CHILDREN);
  }

  #begin(child: Child, job: Job): void {
    const { request } = job;
    const { boot, slot } = this.#host;
    child.job = job;
    job.state = 'begun';
    const back = (outcome: IoOutcome): void => this.#host.run(() => this.#back(child, job, outcome), boot);
    if (request.kind === 'read') this.#store.read(slot, request.block, request.blocks, back);
    else {
      this.#notes.set(request.id, null);
      this.#store.write(slot, request.block, request.data, back);
    }
  }

  #back(child: Child, job: Job, outcome: IoOutcome): void {
    if (!child.isAlive) return;
    child.job = null;
    job.state = 'over';
    if (job.request.kind === 'write') {
      if (this.#isClosed) this.#notes.set(job.request.id, outcome);
      else this.#notes.delete(job.request.id);
    }
    if (!(job.isLate && job.request.kind === 'read')) this.#tell(job.done, outcome);
    this.#dispatch();
  }

  #expire(job: Job): void {
    if (job.state === 'over' || this.#isClosed) return;
    if (job.state === 'waiting') {
      this.#waiting = this.#waiting.filter((one) => one !== job);
      job.state = 'over';
      this.#tell(job.done, { kind: 'failed', error: 'not begun in time: the store-io processes hang' });
      return;
    }
    job.isLate = true;
    this.#tell(job.done, { kind: 'late' });
    this.#dispatch();
  }

  #tell(done: Done, outcome: IoOutcome): void {
    if (!this.#isClosed) done(outcome);
  }
}
