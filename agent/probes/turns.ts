import type { ProbeAnswer } from '../core/health/state.ts';

const NO_TURN: ProbeAnswer = { outcome: 'skipped', text: 'too many other guests do not answer' };

/**
 * So many at once, the others in their order. One whose turn does not come by half of its time is skipped, which says
 * nothing about its guest: guests that hang must not make others look dead.
 */
export class Turns {
  readonly #most: number;
  readonly #mostWaiting: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  async take(deadlineMs: number, act: (leftMs: number) => Promise<ProbeAnswer>): Promise<ProbeAnswer> {
    const startedMs = performance.now();
    if (!(await this.#turn(deadlineMs / 2))) return NO_TURN;
    try {
      return await act(deadlineMs - (performance.now() - startedMs));
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  #turn(patienceMs: number): Promise<boolean> {
    if (this.#running < this.#most) {
      this.#running += 1;
      return Promise.resolve(true);
    }
    if (this.#waiting.length >= this.#mostWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#running += 1;
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        resolve(false);
      }, patienceMs);
      this.#waiting.push(go);
    });
  }
}
