import type { BeatSeries, GroupView } from '../ipc/views.ts';
import { storeBeatsKey } from './hostView.ts';

/** Two minutes at a sample a second: what a person can still see as a strip. */
const SAMPLES = 120;
/** 8 hosts with 4 links to each other and a store each are 232 series; more is a fault. */
const MAX_SERIES = 256;

/** Nothing was heard in that second, though the host that listens says it listened. */
const SILENT = -1;

/** Keeps the last two minutes of every heartbeat and of every host's store latency. */
export class BeatHistory {
  readonly #series = new Map<string, (number | null)[]>();

  /** Takes one sample of each value; to be called once a second. A value not seen this time is not known. */
  sample(view: GroupView): void {
    const seen = new Map<string, number | null>();
    for (const { ends } of view.links) {
      for (const { beats, fresh, state, rttMs } of ends) {
        if (fresh && state !== 'never') seen.set(beats, state === 'up' ? (rttMs ?? 0) : SILENT);
      }
    }
    for (const { name, report } of view.hosts) {
      if (report?.fresh !== true || report.store.reachable === null) continue;
      const { reachable, renewP50Ms } = report.store;
      seen.set(storeBeatsKey(name), reachable ? renewP50Ms : SILENT);
    }
    for (const key of seen.keys()) {
      if (!this.#series.has(key) && this.#series.size < MAX_SERIES) this.#series.set(key, []);
    }
    for (const [key, samples] of this.#series) {
      samples.push(seen.get(key) ?? null);
      if (samples.length > SAMPLES) samples.shift();
    }
  }

  all(): readonly BeatSeries[] {
    return [...this.#series].map(([key, samples]) => ({ key, samples: [...samples] }));
  }
}
