import { type ChildProcess, spawn } from 'node:child_process';
import type { IoOutcome } from '../core/keeper/types.ts';
import { BLOCK_BYTES } from '../core/record.ts';
import {
  encodeRequest,
  HELLO_ID,
  MAX_BLOCKS,
  ReplyReader,
  type StoreReply,
  type StoreRequest,
} from './storeFrames.ts';

/**
 * Children of one lane. Renewals may overlap up to four at a time; when as many children hang in the kernel, a
 * fifth would hang as well, and each costs memory.
 */
export const MAX_CHILDREN = 4;
/** When all of them hang, one more is tried each time this has passed, up to a number that memory can bear. */
const PROBE_EVERY_MS = 30_000;
const MAX_HUNG_CHILDREN = 8;
/** Requests of one lane waiting or under way. The keeper's own bound on what it has in flight is far below. */
export const MAX_REQUESTS = 128;
/** A request that waits this long behind another gets a child of its own: a healthy store answers sooner. */
const SHARE_CHILD_MS = 150;
/** Between two attempts to start a child, so that one that dies at once is not started in a circle. */
const SPAWN_PAUSE_MS = 250;
/** A child that has not said within this time that it listens is not waited for any more. */
const START_MS = 2000;
/** Children beyond the first that had nothing to do for so long are sent home. */
const IDLE_CHILD_MS = 60_000;

export interface StoreLaneOptions {
  /** The command line of one child, without a shell. */
  readonly command: readonly string[];
  readonly name: string;
  /** What became of a write whose child is gone: null if it may still land. */
  readonly fateOf: (id: number, childPid: number) => IoOutcome | null;
  /** Told of what people should know: a child that does not come back, or dies. Must not block. */
  readonly notice: (code: string, facts: Readonly<Record<string, string | number>>) => void;
}

type LaneRequest = Exclude<StoreRequest, { readonly kind: 'quit' }>;

interface Job {
  readonly request: LaneRequest;
  readonly done: (outcome: IoOutcome) => void;
  readonly timer: NodeJS.Timeout;
  readonly queuedAtMs: number;
  late: boolean;
}

interface Child {
  readonly process: ChildProcess;
  readonly replies: ReplyReader;
  job: Job | null;
  idleSinceMs: number;
  /** It has said that it listens. One that dies before has no write of ours, which could otherwise still land. */
  ready: boolean;
}

/**
 * One lane to the lease area: requests go to store-io children, which may hang. A request that is not answered in
 * time is `late`; its child is kept, because only it can tell when a late write has landed, and others go on.
 * A request that never reached a child is `failed`: nothing of it is in flight.
 */
export class StoreLane {
  readonly #options: StoreLaneOptions;
  readonly #waiting: Job[] = [];
  readonly #children = new Set<Child>();
  #spawnNotBeforeMs = 0;
  #pump: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: StoreLaneOptions) {
    this.#options = options;
    this.#spawn();
  }

  /** Processes of this lane that are there now, hung ones included. */
  get pids(): readonly number[] {
    return [...this.#children].flatMap((child) => child.process.pid ?? []);
  }

  /**
   * `done` is called once within `timeoutMs`, and for a write that was `late` once more if it ever comes back.
   * Bounds: at most `MAX_BLOCKS` blocks, `MAX_REQUESTS` requests; beyond them the outcome is `failed`.
   */
  submit(request: LaneRequest, timeoutMs: number, done: (outcome: IoOutcome) => void): void {
    const blocks = request.kind === 'read' ? request.blocks : request.data.byteLength / BLOCK_BYTES;
    const refusal = this.#closed
      ? 'this lane is closed'
      : !Number.isInteger(blocks) || blocks < 1 || blocks > MAX_BLOCKS
        ? `a transfer of ${blocks} blocks is out of bounds`
        : timeoutMs <= 0
          ? 'its time was over before it was begun'
          : this.#waiting.length >= MAX_REQUESTS
            ? `${MAX_REQUESTS} requests are waiting already`
            : null;
    if (refusal !== null) {
      queueMicrotask(() => {
        done({ kind: 'failed', error: refusal });
      });
      return;
    }
    const job: Job = {
      request,
      done,
      timer: setTimeout(() => {
        this.#expire(job);
      }, timeoutMs),
      queuedAtMs: performance.now(),
      late: false,
    };
    this.#waiting.push(job);
    this.#dispatch();
  }

  /** Sends the idle children home. A child with a write under way is left to finish and to report in /run. */
  close(): void {
    this.#closed = true;
    if (this.#pump !== null) clearTimeout(this.#pump);
    for (const job of this.#waiting.splice(0))
      this.#finish(job, { kind: 'failed', error: 'the lane was closed' });
    for (const child of this.#children) {
      if (child.job === null) this.#sendHome(child);
      else child.process.unref();
    }
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && !this.#closed) {
      const idle = [...this.#children].find((child) => child.ready && child.job === null);
      if (idle === undefined) break;
      const job = this.#waiting.shift();
      if (job === undefined) break;
      idle.job = job;
      idle.process.stdin?.write(encodeRequest(job.request));
    }
    const head = this.#waiting[0];
    if (head === undefined || this.#closed) return;
    const now = performance.now();
    if (this.#children.size >= this.#limit(now)) {
      this.#dispatchIn(PROBE_EVERY_MS);
      return;
    }
    const starting = [...this.#children].some((child) => !child.ready && now - child.idleSinceMs < START_MS);
    const waitMs = this.#children.size === 0 ? 0 : head.queuedAtMs + SHARE_CHILD_MS - now;
    const spawnInMs = starting ? SPAWN_PAUSE_MS : Math.max(waitMs, this.#spawnNotBeforeMs - now);
    if (spawnInMs <= 0) this.#spawn();
    this.#dispatchIn(Math.max(1, spawnInMs));
  }

  /** When all hang for long, a few more are tried: the store may be there again under the same path, mounted anew. */
  #limit(now: number): number {
    const lateSinceMs = [...this.#children].map((child) =>
      child.job?.late === true ? child.job.queuedAtMs : now,
    );
    const hungForMs = now - Math.max(...lateSinceMs, Number.NEGATIVE_INFINITY);
    const probes = Math.floor(hungForMs / PROBE_EVERY_MS);
    return Number.isFinite(probes) ? Math.min(MAX_CHILDREN + probes, MAX_HUNG_CHILDREN) : MAX_CHILDREN;
  }

  #dispatchIn(delayMs: number): void {
    if (this.#pump !== null) clearTimeout(this.#pump);
    this.#pump = setTimeout(() => {
      this.#dispatch();
    }, delayMs);
  }

  #spawn(): void {
    this.#spawnNotBeforeMs = performance.now() + SPAWN_PAUSE_MS;
    const [program = '', ...args] = this.#options.command;
    const child: Child = {
      process: spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] }),
      replies: new ReplyReader(),
      job: null,
      idleSinceMs: performance.now(),
      ready: false,
    };
    this.#children.add(child);
    child.process.stdout?.on('data', (piece: Buffer) => {
      this.#receive(child, piece);
    });
    // A pipe that breaks is followed by the child's end, which is where it is dealt with.
    child.process.stdin?.on('error', () => undefined);
    child.process.on('error', () => {
      this.#gone(child, 'could not be started');
    });
    // Not "exit": an answer may still lie in the pipe then.
    child.process.on('close', (code, signal) => {
      this.#gone(child, `ended with ${signal ?? code ?? 'an unknown status'}`);
    });
  }

  #receive(child: Child, piece: Buffer): void {
    let replies: readonly StoreReply[];
    try {
      replies = child.replies.push(piece);
    } catch {
      child.process.kill('SIGKILL');
      return;
    }
    for (const reply of replies) {
      if (reply.id === HELLO_ID) {
        child.ready = true;
        child.idleSinceMs = performance.now();
        continue;
      }
      const job = child.job;
      if (job?.request.id !== reply.id) {
        child.process.kill('SIGKILL');
        return;
      }
      child.job = null;
      child.idleSinceMs = performance.now();
      this.#finish(job, outcomeOf(job.request, reply));
    }
    this.#dispatch();
    this.#retire();
  }

  /** Answers a job; a read that was given up stays given up. */
  #finish(job: Job, outcome: IoOutcome): void {
    clearTimeout(job.timer);
    if (job.late && job.request.kind === 'read') return;
    job.done(outcome);
  }

  #expire(job: Job): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      const error = `not begun in time: ${this.#children.size} store-io processes of lane ${this.#options.name} are busy or hang`;
      this.#finish(job, { kind: 'failed', error });
      return;
    }
    job.late = true;
    job.done({ kind: 'late' });
    const pid = [...this.#children].find((child) => child.job === job)?.process.pid ?? 0;
    this.#options.notice('keeper.store-io-late', {
      lane: this.#options.name,
      pid,
      kind: job.request.kind,
      block: job.request.block,
      children: this.#children.size,
    });
    this.#dispatch();
  }

  #gone(child: Child, how: string): void {
    if (!this.#children.delete(child)) return;
    const job = child.job;
    child.job = null;
    if (job !== null) this.#settle(job, child.process.pid ?? 0, how);
    if (this.#closed) return;
    this.#options.notice('keeper.store-io-ended', { lane: this.#options.name, how });
    this.#dispatch();
  }

  /** A read of a dead child has no effect. A write of one that was killed in the middle of it may still land. */
  #settle(job: Job, pid: number, how: string): void {
    const error = `the store-io process ${how}`;
    if (job.request.kind === 'read') this.#finish(job, { kind: 'failed', error });
    else {
      const fate = this.#options.fateOf(job.request.id, pid);
      if (fate !== null) this.#finish(job, fate);
    }
  }

  #retire(): void {
    const now = performance.now();
    for (const child of this.#children) {
      if (this.#children.size <= 1) return;
      if (child.job === null && now - child.idleSinceMs > IDLE_CHILD_MS) this.#sendHome(child);
    }
  }

  #sendHome(child: Child): void {
    this.#children.delete(child);
    child.process.stdin?.end(encodeRequest({ kind: 'quit' }));
    child.process.unref();
  }
}

function outcomeOf(request: LaneRequest, reply: StoreReply): IoOutcome {
  if (reply.kind === 'failed') return { kind: 'failed', error: reply.error };
  if (request.kind === 'write') return { kind: 'written' };
  return reply.data.byteLength === request.blocks * BLOCK_BYTES
    ? { kind: 'read', data: reply.data }
    : { kind: 'failed', error: `the answer has ${reply.data.byteLength} bytes` };
}
