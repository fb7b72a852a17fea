import { type HealthLevel, parseProbe, type VmHealth } from '../../protocol/health.ts';
import { type HealthState, LEVELS, type LevelName, type LevelState } from './state.ts';

export type Verdict =
  /** Nothing counts yet. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'well' }
  | { readonly kind: 'doubtful'; readonly because: string }
  | {
      readonly kind: 'failed';
      readonly what: 'guest' | 'application';
      readonly because: string;
      /** It could be a guest that is busy: its disks and network are asked before it is reset. */
      readonly needsOpinion: boolean;
      /** The guest agent can be asked to do something about it. */
      readonly mayAskAgent: boolean;
      readonly sinceMs: number;
    };

interface Level {
  readonly name: LevelName;
  readonly policy: HealthLevel;
  readonly state: LevelState;
  /** What a failure of it says something about. */
  readonly of: 'guest' | 'application';
  readonly isFailed: boolean;
  /** The guest said so itself, and so is alive. */
  readonly isSaidByGuest: boolean;
}

function levelsOf(state: HealthState, policy: VmHealth): readonly Level[] {
  return LEVELS.flatMap((name) => {
    const level = policy[name];
    if (level === undefined) return [];
    const kind = parseProbe(level.probe)?.kind;
    // A beat that says "failed" speaks of the application; one that does not come, of the guest.
    const isSaidByGuest = kind === 'heartbeat' && state[name].last?.outcome === 'failed';
    const of = kind === 'agent' || (kind === 'heartbeat' && !isSaidByGuest) ? 'guest' : 'application';
    const isFailed = state[name].failures >= level.failures;
    return [{ name, policy: level, state: state[name], of, isFailed, isSaidByGuest } as const];
  });
}

const ALARMS = { panicked: 'its kernel has panicked', watchdog: 'its own watchdog has run out' } as const;

const isWell = ({ state }: Level): boolean => state.last?.outcome === 'well' && state.failures === 0;
const said = ({ policy, state }: Level): string =>
  `${policy.probe}: ${state.last?.text ?? 'no answer'}, ${state.failures} times in a row`;

/** How the VM is by all that is known. An application that answers outweighs a guest agent that does not. */
export function verdict(state: HealthState, policy: VmHealth, nowMs: number): Verdict {
  if (state.alarm !== null) {
    return {
      kind: 'failed',
      what: 'guest',
      because: ALARMS[state.alarm.kind],
      needsOpinion: false,
      mayAskAgent: false,
      sinceMs: state.alarm.atMs,
    };
  }
  const levels = levelsOf(state, policy);
  const isPatient =
    state.patientUntilMs === null || nowMs < Math.max(state.patientUntilMs, state.awayUntilMs);
  if (levels.length > 0 && levels.every(isWell)) return { kind: 'well' };
  if (isPatient) return { kind: 'waiting' };
  const ofGuest = levels.filter((level) => level.of === 'guest');
  const app = levels.find((level) => level.of === 'application' && level.isFailed);
  const guest = ofGuest.find((level) => level.isFailed);
  const failing = levels.find((level) => level.state.failures > 0);
  if (app !== undefined) {
    return {
      kind: 'failed',
      what: 'application',
      because: said(app),
      // Before it was ever well it may only be slow to start.
      needsOpinion: !state.hasBeenWell || !(app.isSaidByGuest || ofGuest.some(isWell)),
      mayAskAgent: guest === undefined,
      sinceMs: app.state.failingSinceMs ?? nowMs,
    };
  }
  if (guest !== undefined) {
    if (levels.some((level) => level.of === 'application' && isWell(level))) {
      return { kind: 'doubtful', because: `${said(guest)}; but its application answers` };
    }
    // A guest without a guest agent is as silent as one that hangs, and at rest its disks stand still.
    if (!state.wasHeard) return { kind: 'doubtful', because: `${said(guest)}; it was never heard` };
    const sinceMs = guest.state.failingSinceMs ?? nowMs;
    return {
      kind: 'failed',
      what: 'guest',
      because: said(guest),
      needsOpinion: true,
      mayAskAgent: false,
      sinceMs,
    };
  }
  return failing === undefined ? { kind: 'waiting' } : { kind: 'doubtful', because: said(failing) };
}

/**
 * When the second opinion last saw it work. Of an application only the disks count: a guest answers the probes of its
 * application on the network, whatever has become of the application.
 */
export function lastMovedMs(state: HealthState, what: 'guest' | 'application'): number | null {
  const { counters } = state;
  if (counters === null) return null;
  const { diskMovedAtMs: disk, networkMovedAtMs } = counters;
  const network = what === 'guest' ? networkMovedAtMs : null;
  return disk === null || network === null ? (disk ?? network) : Math.max(disk, network);
}

/** Whether the second opinion agrees that the guest does nothing. */
export function isQuiet(state: HealthState, policy: VmHealth, what: 'guest' | 'application'): boolean {
  const { counters } = state;
  if (counters === null) return false;
  return counters.atMs - (lastMovedMs(state, what) ?? counters.sinceMs) >= policy.quietMs;
}
