import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { PROFILES } from '../../../agent/core/timing.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import type { HostSession } from '../ssh/session.ts';
import { probe } from './probe.ts';

export interface Latency {
  readonly host: string;
  readonly writes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Counts of writes below each bound; the last bound is infinite. */
  readonly histogram: readonly { readonly belowMs: number | null; readonly count: number }[];
}

const WRITES = 200;
/** A store that needs longer for 200 small writes is slow, and known to be by then. */
const LIMIT_MS = 10_000;
const bounds = [0.5, 1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 4000];

/** Times single 4 KiB writes with O_DIRECT and O_DSYNC, which is what a lease costs. A device must be blank. */
export async function measureLatency(
  session: HostSession,
  place: { readonly kind: 'folder' | 'device'; readonly path: string },
): Promise<Latency> {
  const name = `.understudy-latency-${randomBytes(8).toString('hex')}`;
  const path = place.kind === 'folder' ? posix.join(place.path, name) : place.path;
  const { timesMs } = await probe(session, 'latency', { path, writes: WRITES, limitMs: LIMIT_MS });
  return summarize(session.hostName, timesMs);
}

/** Percentiles by nearest rank. `timesMs` has at least one entry. Pure. */
export function summarize(host: string, timesMs: readonly number[]): Latency {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const edges = [...bounds, null];
  return {
    host,
    writes: sorted.length,
    p50Ms: rank(0.5),
    p99Ms: rank(0.99),
    maxMs: rank(1),
    histogram: edges.map((belowMs, index) => {
      const from = index === 0 ? 0 : (bounds[index - 1] ?? 0);
      const inside = (time: number): boolean => time >= from && (belowMs === null || time < belowMs);
      return { belowMs, count: sorted.filter(inside).length };
    }),
  };
}

/**
 * Whether a profile's renewal period has room for ten of the slowest usual write (four for `patient`), and its L for four
 * of the slowest seen at all. Pure. Periods and L from docs/safety.md.
 */
export function fitsProfile(name: ProfileName, all: readonly Latency[]): boolean {
  const p99Ms = Math.max(...all.map((latency) => latency.p99Ms));
  const maxMs = Math.max(...all.map((latency) => latency.maxMs));
  const { renewEveryMs, loseAfterMs } = PROFILES[name];
  return p99Ms * (name === 'patient' ? 4 : 10) <= renewEveryMs && maxMs * 4 <= loseAfterMs;
}

/** The fastest profile that fits; null: too slow even for `patient`. Pure. */
export function recommendProfile(all: readonly Latency[]): ProfileName | null {
  const names: readonly ProfileName[] = ['swift', 'steady', 'patient'];
  return names.find((name) => fitsProfile(name, all)) ?? null;
}
