import { parseProbe, type Probe, type VmHealth } from '../../protocol/health.ts';
import { type HealthState, LEVELS, type LevelName, newHealth, type ProbeAnswer } from './state.ts';

/** After a reset of ours the guest's restart is told within this time. */
const OWN_RESET_SHOWS_WITHIN_MS = 10_000;

/** What was learnt of this run of the guest is forgotten; what was done about the VM is not. */
function fresh(state: HealthState): HealthState {
  const { wasHeard, ownResetUntilMs, appRestartsMs, resetsMs, notBeforeMs, givenUp } = state;
  const { failedSinceMs, lastAct, said } = state;
  return {
    ...newHealth,
    wasHeard,
    ownResetUntilMs,
    appRestartsMs,
    resetsMs,
    notBeforeMs,
    givenUp,
    failedSinceMs,
    lastAct,
    said,
  };
}

/** The guest is not there to be watched: stopped, paused, frozen, being moved. */
export function notWatched(state: HealthState): HealthState {
  return state.patientUntilMs === null ? state : fresh(state);
}

/** It runs, and was not watched a moment ago: after a start, a pause, or a restart of the agent. */
export function noteStart(state: HealthState, policy: VmHealth, nowMs: number): HealthState {
  return { ...fresh(state), startedAtMs: nowMs, patientUntilMs: nowMs + policy.minUptimeMs };
}

/**
 * The guest has begun anew in the same QEMU. By itself, it may be busy with updates: it has its grace, but a guest that
 * restarts again before it was ever well gets no new one.
 */
export function noteReboot(state: HealthState, policy: VmHealth, nowMs: number): HealthState {
  if (nowMs < state.ownResetUntilMs) return state;
  const graceMs = Math.max(policy.rebootGraceMs, policy.minUptimeMs);
  const isLoop = state.inGrace && !state.hasBeenWell;
  const patientUntilMs = isLoop ? state.patientUntilMs : nowMs + graceMs;
  return { ...fresh(state), startedAtMs: nowMs, patientUntilMs, inGrace: true };
}

/** The hypervisor is asked to reset it: a restart that shows now is ours. */
export const expectOwnReset = (state: HealthState, nowMs: number): HealthState => ({
  ...state,
  ownResetUntilMs: nowMs + OWN_RESET_SHOWS_WITHIN_MS,
});

/** Failures so far say nothing any more: the application was restarted, or the store was away. */
export function forgetFailing(state: HealthState): HealthState {
  const calm = { askedAtMs: null, operation: null, failures: 0, failingSinceMs: null, last: null };
  return {
    ...state,
    fast: { ...state.fast, ...calm },
    deep: { ...state.deep, ...calm },
    counters: null,
    countersOperation: null,
    alarm: null,
  };
}

const showsLife = (probe: Probe | null, { outcome }: ProbeAnswer): boolean =>
  (probe?.kind === 'agent' && outcome === 'well') ||
  // A guest that says itself that it is not well is heard as well.
  (probe?.kind === 'heartbeat' && (outcome === 'well' || outcome === 'failed'));

/** What the guest may claim for itself is bounded by what the policy allows for updates. */
function awayUntilMs(state: HealthState, policy: VmHealth, { awayMs }: ProbeAnswer, nowMs: number): number {
  return awayMs === undefined ? state.awayUntilMs : nowMs + Math.min(awayMs, policy.rebootGraceMs);
}

export function noteAnswer(
  before: HealthState,
  policy: VmHealth,
  name: LevelName,
  answer: ProbeAnswer,
  nowMs: number,
): HealthState {
  const isHeard = showsLife(parseProbe(policy[name]?.probe ?? ''), answer);
  const state: HealthState = {
    ...before,
    wasHeard: before.wasHeard || isHeard,
    awayUntilMs: awayUntilMs(before, policy, answer, nowMs),
  };
  const level = { ...state[name], operation: null, last: { ...answer, atMs: nowMs } };
  if (answer.outcome === 'skipped') return { ...state, [name]: { ...level, last: state[name].last } };
  if (answer.outcome !== 'well') {
    const failingSinceMs = level.failingSinceMs ?? nowMs;
    return { ...state, [name]: { ...level, failures: level.failures + 1, failingSinceMs } };
  }
  const next: HealthState = { ...state, [name]: { ...level, failures: 0, failingSinceMs: null } };
  const isWell = LEVELS.every((one) => policy[one] === undefined || next[one].last?.outcome === 'well');
  if (!isWell) return next;
  const earliestMs = state.startedAtMs + policy.minUptimeMs;
  const patientUntilMs = Math.min(state.patientUntilMs ?? earliestMs, earliestMs);
  return { ...next, hasBeenWell: true, patientUntilMs, counters: null };
}

/** Any movement of the disks, or of what the guest sends, shows that it lives. What it is sent shows nothing. */
export function noteCounters(
  state: HealthState,
  { disk, network }: { readonly disk: number; readonly network: number },
  nowMs: number,
): HealthState {
  const before = state.counters;
  const moved = (what: 'disk' | 'network', now: number): number | null =>
    before !== null && before[what] !== now ? nowMs : (before?.[`${what}MovedAtMs`] ?? null);
  const counters = {
    atMs: nowMs,
    disk,
    network,
    sinceMs: before?.sinceMs ?? nowMs,
    diskMovedAtMs: moved('disk', disk),
    networkMovedAtMs: moved('network', network),
  };
  return { ...state, counters, countersOperation: null };
}
