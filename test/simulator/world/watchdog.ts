import { watchdogSeconds } from '../../../agent/keeper/watchdogPlan.ts';
import type { Host } from './host.ts';

const BROKEN_LOOK_MS = 1000;

/**
 * The hardware watchdog of a host: goes on whatever the host's processes do. It fires between its timeout and W after
 * the last pet: reset delays differ from device to device.
 */
export class WatchdogDevice {
  readonly #host: Host;
  readonly #fire: () => void;
  /** 0: at the timeout; 1: as late as W allows. */
  readonly #lateness: number;
  /** Never fires (outside of what is assumed). */
  isBroken = false;
  isOpen = false;
  lastPetMs = 0;
  #watchdogMs = 0;
  #isWatched = false;

  constructor(host: Host, lateness: number, fire: () => void) {
    this.#host = host;
    this.#lateness = lateness;
    this.#fire = fire;
  }

  /** Seconds that are read back from the device, in ms. */
  get timeoutMs(): number {
    return watchdogSeconds(this.#watchdogMs) * 1000;
  }

  open(watchdogMs: number): void {
    this.#watchdogMs = watchdogMs;
    this.isOpen = true;
    this.pet();
  }

  /** Magic close. */
  close(): void {
    this.isOpen = false;
  }

  pet(): void {
    if (!this.isOpen) return;
    this.lastPetMs = this.#host.nowMs;
    this.#watch();
  }

  /** One look at a time, at the instant at which it would fire; a pet meanwhile only means one more look. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    const leftMs = this.lastPetMs + this.#firesAfterMs() - this.#host.nowMs;
    this.#host.queue.after(Math.max(this.isBroken ? BROKEN_LOOK_MS : 1, leftMs), () => {
      this.#isWatched = false;
      if (!this.#host.isUp || !this.isOpen) return;
      const isDue = this.#host.nowMs - this.lastPetMs >= this.#firesAfterMs();
      if (isDue && !this.isBroken) this.#fire();
      else this.#watch();
    });
  }

  #firesAfterMs(): number {
    const longestMs = this.#watchdogMs - 2;
    return Math.max(1, this.timeoutMs + this.#lateness * (longestMs - this.timeoutMs));
  }
}
