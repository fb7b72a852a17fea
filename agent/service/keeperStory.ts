import type { EngineEvent } from '../core/engine/types.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { KeeperFacts } from './keeperLink.ts';

type Level = EngineEvent['level'];

/**
 * A keeper's event in words. Facts in braces are put in by name; `{vm}`, `{holder}` and `{slot}` as people call them.
 */
const STORY: Readonly<Record<string, readonly [level: Level, text: string]>> = {
  'keeper.phase': ['info', 'The keeper was {from} and is {to} now.'],
  'keeper.alive': [
    'notice',
    'This host renews its lease on the store and may run protected VMs (epoch {epoch}).',
  ],
  'keeper.leaving': ['notice', 'The keeper gives everything up to leave the group (epoch {epoch}).'],
  'watchdog.state': ['notice', 'The watchdog is {state} now (timeout {timeoutMs}).'],
  'keeper.left': ['notice', 'The keeper has given everything up and left the group (epoch {epoch}).'],
  'keeper.lapsed': ['alarm', 'The lease could not be renewed in time. Start gate closed; Affected: {vms}.'],
  'keeper.drained': [
    'notice',
    'Every protected VM of this host is gone and no write of theirs is under way (epoch {epoch}): others may take them.',
  ],
  'keeper.condemned': [
    'alarm',
    'It could not be confirmed that all protected VMs are gone ({left} left). {after}.',
  ],
  'keeper.passive': ['alarm', 'The keeper does nothing on the store any more: {because}.'],
  'keeper.thawed': ['notice', 'The store is back in time: {vms} held here may go on.'],
  'keeper.tick-late': ['warning', 'The keeper was late: this host is overloaded or was frozen.'],
  'host.dead-up-to': ['notice', '{slot} can not run protected VMs of its epochs up to {epoch} any more.'],
  'host.moved-after-death': [
    'alarm',
    'The lease of {slot} moved after it had been taken for dead. Check clocks, watchdog and store of that host.',
  ],
  'store.lost': ['alarm', 'The store can not be reached: {error}.'],
  'store.back': ['notice', 'The store is back after {afterMs}.'],
  'store.area-ok': ['notice', 'The lease area is readable and of this group.'],
  'store.area-refused': ['alarm', 'The lease area can not be used: {because}.'],
  'store.regressed': [
    'alarm',
    'The store went back in time ({what}). Nothing is taken over until that has settled.',
  ],
  'store.regression-waits': [
    'alarm',
    'The store went back in time, and {slot}, which no watchdog resets, has not been heard since. Nothing is taken over until it is there again.',
  ],
  'keeper.settling': [
    'notice',
    'This host has begun anew, or was without the store, and takes no VM before {slot} has confirmed what it runs, or has been silent for the takeover time.',
  ],
  'store.regression-over': ['notice', 'The store has settled after having gone back in time.'],
  'token.acquired': ['info', 'The token of {vm} was given to this host (generation {generation}).'],
  'token.reasserted': ['notice', 'The token of {vm} was taken again at generation {generation}.'],
  'token.given-up': [
    'warning',
    'The store has lost that {vm} is held here, and can not be told again: a write to it never came back. {vm} is stopped here and free for the others.',
  ],
  'token.released': ['info', 'The token of {vm} was released (generation {generation}).'],
  'token.double-holder': [
    'alarm',
    'Two hosts were seen to hold {vm}. It is killed on the one with the lower generation.',
  ],
  'config.adopted': ['info', 'The configuration of generation {generation} is in force.'],
  'config.reasserted': ['notice', 'The configuration of generation {generation} was written again.'],
  'vm.lost-start-ended': [
    'warning',
    '{vm} was being started when the agent went away, and had not run yet: it is ended, so that another host can start it.',
  ],
  'vm.old-copy-killed': [
    'notice',
    'A copy of {vm} that was being received here is ended: it is not what the VM was last. The VM is started from its disk.',
  ],
  'vm.stray-killed': ['alarm', '{vm} ran here although {holder} holds its token: it was killed.'],
};

/** Turns what the keeper reports, code and facts, into a line of the event log. */
export function keeperEvent(
  code: string,
  facts: KeeperFacts,
  config: GroupConfig | null,
  self: string,
): EngineEvent {
  const [level, text] = STORY[code] ?? ['notice', `The keeper reports ${code}.`];
  const vm = config?.vms.find((one) => one.vm === facts['vm'])?.name;
  const called = (name: string): string => {
    const value = facts[name];
    if (name === 'vm') return vm ?? String(value ?? 'a VM');
    if (name === 'slot' || name === 'holder') {
      return config?.hosts.find((host) => host.slot === value)?.name ?? `the host in slot ${String(value)}`;
    }
    if (typeof value === 'number' && name.endsWith('Ms')) return duration(value);
    if (name === 'vms') return value === 1 ? '1 protected VM' : `${String(value)} protected VMs`;
    return value === null || value === undefined ? 'unknown' : String(value);
  };
  return {
    code: isCode(code) ? code : 'keeper.event',
    level,
    ...(vm === undefined ? {} : { vm }),
    text: text.replace(/\{(\w+)\}/g, (_, name: string) => called(name)),
    facts: ENDS.has(code) ? { ...facts, incident: hostIncident(code, facts, config, self) } : facts,
  };
}

/** The story of the host whose epoch ends: on that host itself, and on those that see it. */
const ENDS: ReadonlySet<string> = new Set([
  'keeper.lapsed',
  'keeper.drained',
  'keeper.condemned',
  'host.dead-up-to',
]);

function hostIncident(code: string, facts: KeeperFacts, config: GroupConfig | null, self: string): string {
  const slot = facts['slot'];
  const name =
    code === 'host.dead-up-to'
      ? (config?.hosts.find((host) => host.slot === slot)?.name ?? `the host in slot ${String(slot)}`)
      : self;
  return `${name}-e${String(facts['epoch'])}`;
}

const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`);

const isCode = (code: string): boolean => /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/.test(code);
