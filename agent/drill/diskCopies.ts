import { whyNotCopy } from '../core/engine/drill.ts';
import type { EngineState } from '../core/engine/state.ts';
import type { Copied, Driller } from '../hypervisor/driller.ts';
import { FailureError } from '../protocol/failure.ts';
import type { DrillStore } from './drillStore.ts';

const LOOK_EVERY_MS = 500;
/** The store fills in minutes, not in milliseconds. */
const LOOK_AT_ROOM_EVERY_MS = 5000;

export interface DiskCopiesOptions {
  readonly driller: Driller | null;
  readonly store: DrillStore;
  readonly engine: () => EngineState;
  readonly nowMs: () => number;
  /** This host makes a drill itself. */
  readonly isDrilling: () => boolean;
}

export interface CopyAsk {
  readonly vm: string;
  /** Slot of the host that drills. */
  readonly from: number;
  readonly drill: string;
  readonly signal: AbortSignal;
}

/** Copies the disks of VMs that run on this host, for drills on others. One at a time: the store is everybody's. */
export class DiskCopies {
  readonly #options: DiskCopiesOptions;
  #running: AbortController | null = null;

  constructor(options: DiskCopiesOptions) {
    this.#options = options;
  }

  /** Ends what is under way as soon as this host or the VM has something better to do. */
  async copy({ vm, from, drill, signal }: CopyAsk): Promise<Copied> {
    const { driller, store } = this.#options;
    if (driller === null) throw notHere();
    if (this.#options.isDrilling()) {
      throw new FailureError({
        code: 'drill.holder-busy',
        message: 'The host that runs it makes a drill itself.',
      });
    }
    if (this.#running !== null) {
      throw new FailureError({
        code: 'drill.holder-busy',
        message: 'This host is copying the disks of a VM already.',
      });
    }
    const abort = new AbortController();
    this.#running = abort;
    const gone = (): void => abort.abort(lost());
    signal.addEventListener('abort', gone, { once: true });
    const timers = [
      setInterval(() => this.#look(vm, abort), LOOK_EVERY_MS),
      setInterval(
        () => void store.checkRoom(0).catch((error: unknown) => abort.abort(error)),
        LOOK_AT_ROOM_EVERY_MS,
      ),
    ];
    try {
      if (signal.aborted) gone();
      this.#look(vm, abort);
      abort.signal.throwIfAborted();
      const folder = await store.prepare(from, drill);
      const mayTake = (bytes: number): Promise<void> => store.checkRoom(bytes);
      return await driller.copyDisks({ vm, folder, mayTake, signal: abort.signal });
    } catch (error) {
      throw abort.signal.aborted ? abort.signal.reason : error;
    } finally {
      for (const timer of timers) clearInterval(timer);
      signal.removeEventListener('abort', gone);
      this.#running = null;
    }
  }

  close(): void {
    this.#running?.abort(lost());
  }

  #look(vm: string, abort: AbortController): void {
    const why = whyNotCopy(this.#options.engine(), vm, this.#options.nowMs());
    if (why !== null) abort.abort(new FailureError(why));
  }
}

const lost = (): FailureError =>
  new FailureError({ code: 'drill.broken-off', message: 'Nobody waits for this copy any more.' });

export const notHere = (): FailureError =>
  new FailureError({ code: 'drill.not-here', message: 'The hypervisor of this host has no drills.' });
