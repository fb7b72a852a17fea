/** Faults that touch only what hosts say to each other: losing all of that moves nothing (I7). */
export type FaultKind = 'network' | 'store' | 'host' | 'process' | 'guest' | 'person';

/** What is wrong with the world now, and since when nothing new has gone wrong. */
export class Calm {
  readonly #active = new Map<string, FaultKind>();
  /** By kind: when one last began, ended or happened. */
  readonly #lastMs = new Map<FaultKind, number>();

  begin(kind: FaultKind, key: string, nowMs: number): void {
    this.#active.set(key, kind);
    this.#lastMs.set(kind, nowMs);
  }

  end(key: string, nowMs: number): void {
    const kind = this.#active.get(key);
    if (kind === undefined) return;
    this.#active.delete(key);
    this.#lastMs.set(kind, nowMs);
  }

  /** Something that is over at once. */
  happened(kind: FaultKind, nowMs: number): void {
    this.#lastMs.set(kind, nowMs);
  }

  /** Whether this one is still there. */
  lasts(key: string): boolean {
    return this.#active.has(key);
  }

  isActive(kind: FaultKind): boolean {
    for (const one of this.#active.values()) if (one === kind) return true;
    return false;
  }

  /** When anything last began, ended or happened. */
  lastMs(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.#lastMs.values());
  }

  /** Since when none of these kinds was there; null: one of them is. */
  freeSinceMs(kinds: readonly FaultKind[]): number | null {
    let sinceMs = Number.NEGATIVE_INFINITY;
    for (const kind of kinds) {
      if (this.isActive(kind)) return null;
      sinceMs = Math.max(sinceMs, this.#lastMs.get(kind) ?? Number.NEGATIVE_INFINITY);
    }
    return sinceMs;
  }
}
