import { PROFILES, takeoverTimeMs } from '../../../agent/core/timing.ts';
import { ProfileName } from '../../../agent/protocol/timing.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { TimingChoice } from '../../ipc/daily/views.ts';
import type { GroupFacts } from './facts.ts';
import { exactly } from './seconds.ts';

/** Each profile with what it means in seconds for this group. Pure. */
export function timingChoices(facts: GroupFacts): readonly TimingChoice[] {
  return ProfileName.options.map((profile) => {
    const { renewEveryMs, loseAfterMs, watchdogMs } = PROFILES[profile];
    const takeoverMs = takeoverTimeMs(PROFILES[profile]);
    const slowest = slowestRenewal(facts);
    return {
      profile,
      isCurrent: facts.config?.profile === profile,
      renewEveryMs,
      loseAfterMs,
      watchdogMs,
      takeoverMs,
      consequences: [
        `VMs of a host that dies start on another one ${exactly(takeoverMs)} after its last sign of life.`,
        `The store may be away from one host for ${exactly(loseAfterMs)}; after that it stops its VMs.`,
        ...(slowest === null
          ? []
          : [
              `The slowest renewal lately took ${exactly(slowest.ms)} (${slowest.host}): ${slowest.ms * 4 <= loseAfterMs ? 'plenty of room' : 'little room'}.`,
            ]),
      ],
      refused: refusal(facts, loseAfterMs),
    };
  });
}

function slowestRenewal({ view }: GroupFacts): { readonly host: string; readonly ms: number } | null {
  const known = view.hosts.flatMap(({ name, report }) =>
    report?.fresh === true && report.store.renewMaxMs !== null
      ? [{ host: name, ms: report.store.renewMaxMs }]
      : [],
  );
  return known.toSorted((a, b) => b.ms - a.ms)[0] ?? null;
}

/** A profile that the store can't keep up with would stop healthy VMs. */
function refusal(facts: GroupFacts, loseAfterMs: number): Failure | null {
  if (facts.config === null) {
    return { code: 'app.group-not-known', message: 'No host of the group answers.' };
  }
  const slowest = slowestRenewal(facts);
  if (slowest === null || slowest.ms * 2 <= loseAfterMs) return null;
  return {
    code: 'group.store-too-slow',
    message: `A renewal on ${slowest.host} took ${exactly(slowest.ms)} lately: half of the time is used up by the store.`,
    meaning: 'A hiccup of the store would stop VMs that are well.',
    fix: 'Choose a slower profile, or a faster store.',
  };
}
