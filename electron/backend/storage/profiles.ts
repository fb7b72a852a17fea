import { PROFILES, takeoverByTimeMs, takeoverTimeMs } from '../../../agent/core/timing.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { fitsProfile, type Latency, recommendProfile } from './latency.ts';

/** A profile as a choice: what it means in seconds, and whether the measured store is quick enough for it. */
export interface ProfileChoice {
  readonly name: ProfileName;
  readonly recommended: boolean;
  /** Why the store is too slow for it; null: it is not, or was not measured. */
  readonly refused: string | null;
  readonly loseAfterMs: number;
  readonly takeoverMs: number;
  readonly softwareTakeoverMs: number | null;
  readonly sentence: string;
}

const names: readonly ProfileName[] = ['swift', 'steady', 'patient'];
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** All profiles, the quickest first. `steady` is recommended unless the store is slow: `swift` is a person's choice. Pure. */
export function profileChoices(latencies: readonly Latency[]): readonly ProfileChoice[] {
  const quickest = recommendProfile(latencies);
  const recommended = latencies.length === 0 || quickest === 'swift' ? 'steady' : quickest;
  return names.map((name) => {
    const timing = PROFILES[name];
    const { loseAfterMs } = timing;
    const takeoverMs = takeoverTimeMs(timing);
    const slowest = Math.max(...latencies.map((latency) => latency.maxMs));
    const fits = latencies.length === 0 || fitsProfile(name, latencies);
    return {
      name,
      recommended: name === recommended,
      refused: fits ? null : `Single writes to this store take up to ${Math.round(slowest)} ms.`,
      loseAfterMs,
      takeoverMs,
      softwareTakeoverMs: takeoverByTimeMs({ timing, watchdog: 'software', softwareWatchdogAccepted: true }),
      sentence: `A dead host's VMs start on another after ${seconds(takeoverMs)}. A host that can't reach the store for ${seconds(loseAfterMs)} stops its VMs.`,
    };
  });
}
