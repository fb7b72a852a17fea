import type { VmHealth } from '../../protocol/health.ts';
import type { HealthState } from './state.ts';
import { isQuiet, type Verdict } from './verdict.ts';

/** After each step the next waits this much longer than the one before. */
const STEP_PAUSE_MS = 5000;
const LONGEST_STEP_PAUSE_MS = 60_000;
/** After every step was tried and failed: this long, doubled each round. */
const GIVEN_UP_PAUSE_MS = 900_000;
const LONGEST_GIVEN_UP_PAUSE_MS = 86_400_000;
/** The longest pause is reached before. */
const MOST_ROUNDS = 10;
/** A guest that has panicked is often ended by libvirt itself: it is left that time. */
const ALARM_SETTLE_MS = 2000;

export type Rung =
  | { readonly kind: 'none' }
  /** It looks dead and works: it is left alone. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'restart-app' }
  | { readonly kind: 'reset' }
  /** Restart of the VM, move, or give up: as the policy for crashes has it. */
  | { readonly kind: 'beyond' };

const within = (times: readonly number[], windowMs: number, nowMs: number): readonly number[] =>
  times.filter((atMs) => nowMs - atMs < windowMs);

/** The next step of the recovery, least harm first; each has its number of attempts within the window. */
export function nextRung(
  state: HealthState,
  policy: VmHealth,
  found: Extract<Verdict, { kind: 'failed' }>,
  { windowMs, nowMs, canReset }: { windowMs: number; nowMs: number; canReset: boolean },
): Rung {
  if (nowMs < state.notBeforeMs) return { kind: 'none' };
  if (state.alarm !== null && nowMs - state.alarm.atMs < ALARM_SETTLE_MS) return { kind: 'none' };
  const restarts = within(state.appRestartsMs, windowMs, nowMs).length;
  const mayRestartApp =
    found.what === 'application' &&
    found.mayAskAgent &&
    policy.restartApp !== undefined &&
    restarts < policy.appRestarts;
  if (mayRestartApp && state.hasBeenWell) return { kind: 'restart-app' };
  if (found.needsOpinion && !isQuiet(state, policy, found.what)) {
    // An application that is down for longer than any update takes has failed, however busy its guest is.
    const isOverdue = found.what === 'application' && nowMs - found.sinceMs >= policy.rebootGraceMs;
    if (!isOverdue) return { kind: 'busy' };
  }
  if (mayRestartApp) return { kind: 'restart-app' };
  const resets = within(state.resetsMs, windowMs, nowMs).length;
  return canReset && resets < policy.resets ? { kind: 'reset' } : { kind: 'beyond' };
}

export const attempts = (state: HealthState, windowMs: number, nowMs: number) => ({
  appRestarts: within(state.appRestartsMs, windowMs, nowMs).length,
  resets: within(state.resetsMs, windowMs, nowMs).length,
});

/** A step was begun: it counts, and the next one waits. */
export function noteStep(
  state: HealthState,
  step: 'restart-app' | 'reset',
  windowMs: number,
  nowMs: number,
): HealthState {
  const isApp = step === 'restart-app';
  const times = [...within(isApp ? state.appRestartsMs : state.resetsMs, windowMs, nowMs), nowMs];
  const pauseMs = Math.min(times.length * STEP_PAUSE_MS, LONGEST_STEP_PAUSE_MS);
  return {
    ...state,
    ...(isApp ? { appRestartsMs: times } : { resetsMs: times }),
    notBeforeMs: nowMs + pauseMs,
    lastAct: isApp ? 'its application was restarted' : 'the guest was reset',
  };
}

/** Every step has failed. Nothing more is done for a while; the VM stays as it is. */
export function noteGivenUp(
  state: HealthState,
  nowMs: number,
): { readonly state: HealthState; readonly pauseMs: number } {
  const pauseMs = Math.min(GIVEN_UP_PAUSE_MS * 2 ** state.givenUp, LONGEST_GIVEN_UP_PAUSE_MS);
  const givenUp = Math.min(state.givenUp + 1, MOST_ROUNDS);
  const next = { ...state, notBeforeMs: nowMs + pauseMs, givenUp, appRestartsMs: [], resetsMs: [] };
  return { state: next, pauseMs };
}
