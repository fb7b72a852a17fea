import type { StoreAccess } from '../keeper/openStoreLane.ts';

/** Definitions change seldom: a store-io process that only waits would cost as much memory as the agent's own code. */
const CLOSE_AFTER_IDLE_MS = 20_000;

/** A lane to the store that is there while it is used, and goes away by itself. */
export class IdleStore implements StoreAccess {
  readonly #open: () => StoreAccess;
  readonly #closeAfterMs: number;
  #lane: StoreAccess | null = null;
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(open: () => StoreAccess, closeAfterMs: number = CLOSE_AFTER_IDLE_MS) {
    this.#open = open;
    this.#closeAfterMs = closeAfterMs;
  }

  read(block: number, blocks: number, timeoutMs: number): ReturnType<StoreAccess['read']> {
    return this.#use((lane) => lane.read(block, blocks, timeoutMs));
  }

  write(block: number, data: Uint8Array, timeoutMs: number): ReturnType<StoreAccess['write']> {
    return this.#use((lane) => lane.write(block, data, timeoutMs));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#lane?.close();
    this.#lane = null;
  }

  async #use<Result>(act: (lane: StoreAccess) => Promise<Result>): Promise<Result> {
    clearTimeout(this.#timer);
    this.#lane ??= this.#open();
    this.#inFlight += 1;
    try {
      return await act(this.#lane);
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#timer = setTimeout(() => this.close(), this.#closeAfterMs);
    }
  }
}
