import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig } from '../../protocol/group.ts';
import { type DeadUpTo, withHostAdded, withHostRemoved, withHostReplaced } from './membership.ts';
import type { AdminCommand, EngineEvent } from './types.ts';

export type MemberCommand = Extract<AdminCommand, { kind: 'addHost' | 'removeHost' | 'replaceHost' }>;

interface MemberChange {
  readonly config: GroupConfig;
  readonly text: string;
  readonly event: EngineEvent;
}

/** Hosts that come and go. `skip`: how many slots the keeper has refused already. */
export function memberChange(
  config: GroupConfig,
  wanted: MemberCommand,
  skip: number,
  deadUpTo: DeadUpTo,
): MemberChange | Failure {
  switch (wanted.kind) {
    case 'addHost': {
      const { name } = wanted.host;
      const next = withHostAdded(config, wanted.host, skip);
      if ('code' in next) return next;
      const text = `${name} is a host of the group, in slot ${slotOf(next, name)}. It may run every VM, after those that might before.`;
      return told(next, 'group.host-added', text, name);
    }
    case 'removeHost': {
      const next = withHostRemoved(config, wanted.host, deadUpTo);
      if ('code' in next) return next;
      const text = `${wanted.host} is no host of the group any more.`;
      return told(next, 'group.host-removed', text, wanted.host);
    }
    case 'replaceHost': {
      const { name } = wanted.by;
      const next = withHostReplaced(config, wanted.host, wanted.by, skip, deadUpTo);
      if ('code' in next) return next;
      const text = `${name} is in the place of ${wanted.host}, in slot ${slotOf(next, name)}.`;
      return told(next, 'group.host-replaced', text, name);
    }
  }
}

const slotOf = (config: GroupConfig, name: string): number | null =>
  config.hosts.find((host) => host.name === name)?.slot ?? null;

function told(config: GroupConfig, code: string, text: string, host: string): MemberChange {
  const facts = { host, slot: slotOf(config, host), incident: `group-c${config.generation + 1}` };
  return { config, text, event: { code, level: 'notice', text, facts } };
}
