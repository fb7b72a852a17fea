/** A count as it was at some time. */
interface Sample {
  readonly atMs: number;
  readonly count: number;
}

/** Samples kept of one counter: an hour apart they cover a day. */
const MAX_SAMPLES = 32;

/** How much counters have grown within a time. Pure but for what it remembers; a counter that went back begins anew. */
export class Growth {
  readonly #withinMs: number;
  readonly #samples = new Map<string, readonly Sample[]>();

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /** Of these counters only, as they are now: what is not named is forgotten. */
  note(counts: ReadonlyMap<string, number>, nowMs: number): ReadonlyMap<string, number> {
    const grown = new Map<string, number>();
    for (const [name, count] of counts) {
      const known = this.#samples.get(name) ?? [];
      const last = known.at(-1);
      const kept =
        last === undefined || count < last.count
          ? []
          : known.filter(({ atMs }) => nowMs - atMs <= this.#withinMs);
      const isDue = nowMs - (kept.at(-1)?.atMs ?? -Infinity) >= this.#withinMs / (MAX_SAMPLES - 2);
      const samples = isDue ? [...kept, { atMs: nowMs, count }].slice(-MAX_SAMPLES) : kept;
      this.#samples.set(name, samples);
      grown.set(name, count - (samples[0]?.count ?? count));
    }
    for (const name of this.#samples.keys()) if (!counts.has(name)) this.#samples.delete(name);
    return grown;
  }
}
