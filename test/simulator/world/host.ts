import type { Random } from './random.ts';
import type { EventQueue } from './queue.ts';

export const PPM = 1e-6;
/** After a thaw, what has waited goes on within this time, in any order. */
const THAW_SPREAD_MS = 5;
/** Of the 30 s from power to keeper, so much has the kernel's clock run. */
const LEAST_UPTIME_MS = 200;
const MOST_UPTIME_MS = 25_000;
/** Second 0 by the calendar, in Unix ms: any time will do. */
const FIRST_WALL_MS = 1_800_000_000_000;
export const BOOT_MS = 30_000;

export interface HostEvents {
  /** The operating system is up: services start. */
  readonly booted: () => void;
  /** Power or reset took everything that ran. */
  readonly lost: () => void;
}

/** The machine: power, boot clock, freezing. Processes on it run through `run` and `later`. */
export class Host {
  readonly slot: number;
  readonly name: string;
  readonly queue: EventQueue;
  readonly random: Random;
  isUp = false;
  isFrozen = false;
  /** Grows with each loss of power and each reset: what belongs to an earlier boot is over. */
  boot = 0;
  /** How far the wall clock is off; nothing but ends of pauses looks at it. */
  wallOffsetMs = 0;
  /** What its sensors say; null: in this world nobody reads them. */
  hardware: 'fine' | 'failing' | null = null;
  /** The way out of the guests' bridge; null: in this world nobody looks at it. */
  uplink: 'up' | 'down' | null = null;
  bootedAtMs = 0;
  #isBooting = false;
  #rate = 1;
  #clockBaseMs = 0;
  #clockSetAtMs = 0;
  #waiting: (() => void)[] = [];
  readonly #events: HostEvents;

  constructor(slot: number, name: string, queue: EventQueue, random: Random, events: HostEvents) {
    this.slot = slot;
    this.name = name;
    this.queue = queue;
    this.random = random;
    this.#events = events;
  }

  /** The boot-time clock, cut to whole ms; goes on while the host is frozen. */
  get nowMs(): number {
    return Math.floor(this.#clockBaseMs + (this.queue.nowMs - this.#clockSetAtMs) * this.#rate);
  }

  get wallMs(): number {
    return FIRST_WALL_MS + Math.floor(this.queue.nowMs) + this.wallOffsetMs;
  }

  get bootId(): string {
    const tail = `${this.slot}${`${this.boot}`.padStart(6, '0')}`.padStart(12, '0');
    return `00000000-0000-4000-8000-${tail}`;
  }

  /** Between power and the first process. */
  get isBooting(): boolean {
    return this.#isBooting;
  }

  get isWorking(): boolean {
    return this.isUp && !this.isFrozen;
  }

  setRate(ppm: number): void {
    this.#setClock(this.#clockBaseMs + (this.queue.nowMs - this.#clockSetAtMs) * this.#rate, 1 + ppm * PPM);
  }

  #setClock(uptimeMs: number, rate: number): void {
    this.#clockBaseMs = uptimeMs;
    this.#clockSetAtMs = this.queue.nowMs;
    this.#rate = rate;
  }

  /** Up since long before the story begins. */
  beUp(uptimeMs: number): void {
    this.boot += 1;
    this.isUp = true;
    this.bootedAtMs = this.queue.nowMs - uptimeMs;
    this.#setClock(uptimeMs, this.#rate);
  }

  powerOn(): boolean {
    if (this.isUp || this.#isBooting) return false;
    this.#isBooting = true;
    const { boot } = this;
    this.queue.after(BOOT_MS, () => {
      if (this.isUp || this.boot !== boot || !this.#isBooting) return;
      this.#isBooting = false;
      this.beUp(this.random.between(LEAST_UPTIME_MS, MOST_UPTIME_MS));
      this.#events.booted();
    });
    return true;
  }

  /** Everything in memory is gone. */
  powerOff(): void {
    this.#isBooting = false;
    this.boot += 1;
    if (!this.isUp) return;
    this.isUp = false;
    this.isFrozen = false;
    this.#waiting = [];
    this.#events.lost();
  }

  freeze(): void {
    this.isFrozen = this.isUp;
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) this.queue.after(this.random.next() * THAW_SPREAD_MS, run);
  }

  /** Runs something on this host now, or when it is thawed; never after the boot it belongs to. */
  run(act: () => void, boot: number = this.boot): void {
    if (!this.isUp || this.boot !== boot) return;
    if (this.isFrozen) this.#waiting.push(() => this.run(act, boot));
    else act();
  }

  /** After so many ms of this host's clock. */
  later(delayMs: number, act: () => void): void {
    const { boot } = this;
    this.queue.after(delayMs / this.#rate, () => this.run(act, boot));
  }
}
