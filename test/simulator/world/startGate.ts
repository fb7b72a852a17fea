import type { GateEntry } from '../../../agent/core/keeper/types.ts';
import type { Host } from './host.ts';

/** A start whose daemon is gone can't go on; the keeper's shell forgets its mark after this. */
const ORPHAN_START_MS = 5000;

/** What lies in /run between the keeper and libvirt's hook: the gate, and the marks of starts in flight. */
export class StartGate {
  readonly #host: Host;
  #open: readonly GateEntry[] = [];
  /** By uuid: until when the mark counts. */
  readonly #marks = new Map<string, number>();

  constructor(host: Host) {
    this.#host = host;
  }

  boot(): void {
    this.#open = [];
    this.#marks.clear();
  }

  set(open: readonly GateEntry[]): void {
    this.#open = open;
  }

  isOpen(uuid: string, incoming = false): boolean {
    const { nowMs } = this.#host;
    return this.#open.some(
      (entry) => entry.vm === uuid && entry.incoming === incoming && nowMs < entry.notAfterMs,
    );
  }

  mark(uuid: string): void {
    this.#marks.set(uuid, Number.POSITIVE_INFINITY);
  }

  unmark(uuid: string): void {
    this.#marks.delete(uuid);
  }

  orphan(uuid: string): void {
    this.#marks.set(uuid, this.#host.nowMs + ORPHAN_START_MS);
  }

  /** Uuids of starts in flight. */
  starts(): readonly string[] {
    if (this.#marks.size === 0) return none;
    for (const [uuid, untilMs] of this.#marks) if (this.#host.nowMs > untilMs) this.#marks.delete(uuid);
    return [...this.#marks.keys()];
  }
}

const none: readonly string[] = [];
