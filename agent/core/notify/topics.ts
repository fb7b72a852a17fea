import type { LogEvent } from '../../protocol/event.ts';
import type { About, Plan } from './types.ts';

/** What an event is about, and whether it is reason enough to tell somebody. */
export interface Topic {
  readonly key: string;
  readonly about: About;
  readonly begins: boolean;
  /** All is well again: what has not been told yet need not be. */
  readonly heals: boolean;
}

/** Trouble that usually passes by itself: told only if it is still there after `settleMs`. */
const PASSES: Readonly<Record<string, string>> = {
  'keeper.lost': 'keeper.connected',
  'hypervisor.lost': 'hypervisor.connected',
};
const HEALS: ReadonlySet<string> = new Set(Object.values(PASSES));
const STORE: ReadonlySet<string> = new Set([
  'store.lost',
  'store.back',
  'store.regressed',
  'store.regression-waits',
  'store.regression-over',
]);
/** Of a story of a VM: what somebody wanted, or what went well, is no reason to wake anybody. */
const PLANNED: ReadonlySet<string> = new Set([
  'vm.evacuation-failed',
  'vm.power-cut',
  'vm.switchover-interrupted',
  'vm.taken-back',
  // The copy of a definition is tried again by itself, and shows in the readiness meanwhile.
  'definition.publish-failed',
  'definition.sync-failed',
]);
/** Said after the story was told, it is a story of its own. */
export const WORSE: ReadonlySet<string> = new Set([
  'vm.gave-up',
  'vm.health-gave-up',
  'vm.start-failed',
  'token.double-holder',
]);

const fact = ({ facts }: LogEvent, name: string): string | null => {
  const value = facts?.[name];
  return typeof value === 'string' ? value : null;
};

/** null: nobody is told of it. Pure. */
export function topicOf(event: LogEvent): Topic | null {
  const { code, level, host } = event;
  // What tells people must not tell them of itself in a circle.
  if (code.startsWith('notify.')) return null;
  const grave = level === 'alarm' || level === 'warning';
  if (code.startsWith('link.')) {
    const pair = [host, fact(event, 'host') ?? ''].toSorted().join('-');
    return { key: `links-${pair}`, about: 'links', begins: grave, heals: code === 'link.up' };
  }
  if (STORE.has(code)) {
    const heals = code === 'store.back' || code === 'store.regression-over';
    return { key: 'store', about: 'store', begins: grave, heals };
  }
  const incident = fact(event, 'incident');
  const kind = incident === null ? null : (/-([ecg])\d+$/.exec(incident)?.[1] ?? null);
  if (incident !== null && kind === 'e') {
    const isDead = code === 'host.dead-up-to' && event.facts?.['byTime'] === true;
    return { key: incident, about: 'host', begins: grave || isDead, heals: false };
  }
  if (incident !== null && kind === 'g') {
    return { key: incident, about: 'vm', begins: grave && !PLANNED.has(code), heals: false };
  }
  // A change that somebody made.
  if (incident !== null) return null;
  const lost = Object.entries(PASSES).find(([, back]) => back === code)?.[0];
  const key = `${(lost ?? code).replaceAll('.', '-')}-${host}${event.vm === undefined ? '' : `-${event.vm}`}`;
  return { key, about: 'trouble', begins: grave, heals: HEALS.has(code) };
}

/** How long a thing must be quiet before it is told: a story has an end, and what passes by itself passes. */
export function settleMs(about: About, begunBy: string): number {
  switch (about) {
    case 'host':
      // Longer than the next takeover of the same host may be away.
      return 8000;
    case 'vm':
      return 5000;
    case 'store':
      return 30_000;
    case 'links':
      return 60_000;
    case 'trouble':
      return begunBy in PASSES ? 30_000 : 3000;
    case 'protection':
    case 'weekly':
      return 0;
  }
}

/** The user wants to hear of it. */
export function isWanted(about: About, { tell }: Plan): boolean {
  switch (about) {
    case 'host':
    case 'vm':
      return tell.failover;
    case 'links':
      return tell.links;
    case 'store':
    case 'trouble':
    case 'protection':
      return tell.protection;
    case 'weekly':
      return tell.weeklyOn !== null;
  }
}
