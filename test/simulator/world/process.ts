import type { Host } from './host.ts';

const GO_ON_SPREAD_MS = 5;

/** A process on a host: it may hang, go on, end and be started anew. What it was doing ends with it. */
export class Process {
  readonly #host: Host;
  readonly #keepsOrder: boolean;
  isAlive = false;
  isHung = false;
  /** World time of its last start, end or hang. */
  disturbedAtMs = Number.NEGATIVE_INFINITY;
  run = 0;
  #waiting: (() => void)[] = [];

  /** `keepsOrder`: what has waited while it hung is done in its order, as what comes through one socket is. */
  constructor(host: Host, keepsOrder: boolean) {
    this.#host = host;
    this.#keepsOrder = keepsOrder;
  }

  /** How much waits for it to go on. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** It reacts to what happens. */
  get isListening(): boolean {
    return this.isAlive && !this.isHung && this.#host.isWorking;
  }

  begin(): void {
    this.end();
    this.isAlive = true;
  }

  end(): void {
    this.run += 1;
    this.isAlive = false;
    this.isHung = false;
    this.#waiting = [];
    this.disturbedAtMs = this.#host.queue.nowMs;
  }

  /** SIGSTOP, or a page fault that does not end: timers and sockets wait. */
  hang(): void {
    this.isHung = this.isAlive;
    this.disturbedAtMs = this.#host.queue.nowMs;
  }

  goOn(): void {
    if (!this.isHung) return;
    this.isHung = false;
    this.disturbedAtMs = this.#host.queue.nowMs;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) {
      if (this.#keepsOrder) act();
      else this.#host.later(this.#host.random.next() * GO_ON_SPREAD_MS, act);
    }
  }

  /** Throws away what has waited, such as a socket that was closed. */
  drop(): void {
    this.#waiting = [];
  }

  /** Does it now, or when the process goes on; never in a later one. */
  inside(act: () => void, run: number = this.run): void {
    if (this.run !== run || !this.isAlive) return;
    if (this.isHung) this.#waiting.push(() => this.inside(act, run));
    else act();
  }

  later(delayMs: number, act: () => void): void {
    const { run } = this;
    this.#host.later(delayMs, () => this.inside(act, run));
  }

  /** A timer of Node: after a stop it fires once, not for each time that was missed. */
  every(periodMs: number, act: () => void): void {
    const again = (): void => {
      act();
      this.later(periodMs, again);
    };
    this.later(this.#host.random.next() * periodMs, again);
  }
}
