/**
 * Names for libvirt's numbers (`virDomainState` and its reasons, libvirt-domain.h). A number that this list does not
 * know, from a newer libvirt, becomes `unknown`.
 */
const STATES = {
  0: { state: 'none', reasons: [] },
  1: {
    state: 'running',
    reasons: [
      'unknown',
      'booted',
      'migrated',
      'restored',
      'from-snapshot',
      'unpaused',
      'migration-canceled',
      'save-canceled',
      'wakeup',
      'crashed',
      'postcopy',
      'postcopy-failed',
    ],
  },
  2: { state: 'blocked', reasons: [] },
  3: {
    state: 'paused',
    reasons: [
      'unknown',
      'user',
      'migration',
      'save',
      'dump',
      'io-error',
      'watchdog',
      'from-snapshot',
      'shutting-down',
      'snapshot',
      'crashed',
      'starting-up',
      'postcopy',
      'postcopy-failed',
      'api-error',
    ],
  },
  4: { state: 'shutting-down', reasons: ['unknown', 'user'] },
  5: {
    state: 'off',
    reasons: [
      'unknown',
      'shutdown',
      'destroyed',
      'crashed',
      'migrated',
      'saved',
      'failed',
      'from-snapshot',
      'daemon',
    ],
  },
  6: { state: 'crashed', reasons: ['unknown', 'panicked'] },
  7: { state: 'pm-suspended', reasons: [] },
} as const;

type Entry = (typeof STATES)[keyof typeof STATES];

/** What a domain is doing. A `paused` domain has a QEMU process; an `off` one has none. */
export type DomainStateName = Entry['state'] | 'unknown';

export type DomainStateReason = Entry['reasons'][number] | 'unknown';

export interface DomainState {
  readonly state: DomainStateName;
  /** Why, as far as libvirt knows. */
  readonly reason: DomainStateReason;
}

/** Names a state and its reason by libvirt's numbers. */
export function domainState(state: number, reason: number): DomainState {
  const entry = isKnown(state) ? STATES[state] : undefined;
  return { state: entry?.state ?? 'unknown', reason: entry?.reasons[reason] ?? 'unknown' };
}

/**
 * True unless the domain is known to have no hypervisor process. A crashed domain may have one (`on_crash` preserve), and
 * a process holds its disks open whether its CPUs run or not.
 */
export function isActiveState(state: DomainStateName): boolean {
  return state !== 'off';
}

const isKnown = (state: number): state is keyof typeof STATES => Object.hasOwn(STATES, state);
