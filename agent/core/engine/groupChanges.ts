import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig, Pause, SwitchoverHow, VmPolicy } from '../../protocol/group.ts';
import { type MemberCommand, memberChange } from './memberChanges.ts';
import {
  drillText,
  failbackText,
  othersText,
  policyFault,
  troubleText,
  watchedText,
  withPolicy,
} from './policy.ts';
import { roomFault } from './room.ts';
import type { Draft } from './state.ts';
import type { AdminCommand, EngineEvent } from './types.ts';

/** Changes of the group that need nothing but a decision on its configuration. */
export type GroupCommand =
  | Extract<AdminCommand, { kind: 'profile' | 'policy' | 'disarm' | 'arm' | 'maintenance' }>
  | MemberCommand;
const KINDS: ReadonlySet<AdminCommand['kind']> = new Set([
  'profile',
  'policy',
  'disarm',
  'arm',
  'maintenance',
  'addHost',
  'removeHost',
  'replaceHost',
]);
export const isGroupCommand = (command: AdminCommand): command is GroupCommand => KINDS.has(command.kind);

export interface GroupChange {
  readonly config: GroupConfig;
  /** The answer to who asked. */
  readonly text: string;
  readonly event: EngineEvent;
}

function deadUpTo(draft: Draft, slot: number): number {
  return draft.view?.peers.find((peer) => peer.slot === slot)?.deadUpToEpoch ?? 0;
}

/**
 * What the configuration becomes, or why it stays. `byItself`: a pause has come to its end, nobody asked. `skip`: how
 * many slots for a new host the keeper has refused already.
 */
export function groupChange(
  draft: Draft,
  config: GroupConfig,
  wanted: GroupCommand,
  { byItself, skip }: { readonly byItself: boolean; readonly skip: number },
): GroupChange | Failure {
  switch (wanted.kind) {
    case 'profile': {
      const text = `The group's profile is ${wanted.profile} now.`;
      const event = { code: 'group.profile-changed', level: 'notice', text } as const;
      return { config: { ...config, profile: wanted.profile }, text, event };
    }
    case 'policy':
      return policyChange(draft, config, wanted);
    case 'disarm':
      return disarm(draft, config, wanted.forMs);
    case 'arm':
      return arm(config, byItself);
    case 'maintenance':
      return wanted.on
        ? beginMaintenance(draft, config, wanted)
        : endMaintenance(config, wanted.host, byItself);
    case 'addHost':
    case 'removeHost':
    case 'replaceHost':
      return memberChange(config, wanted, skip, (slot) => deadUpTo(draft, slot));
  }
}

function policyChange(
  draft: Draft,
  config: GroupConfig,
  wanted: Extract<GroupCommand, { kind: 'policy' }>,
): GroupChange | Failure {
  const vm = config.vms.find((one) => one.name === wanted.vm || one.vm === wanted.vm);
  if (!vm) {
    return {
      code: 'vm.not-protected',
      message: `${wanted.vm} is not a protected VM of this group.`,
      field: 'vm',
    };
  }
  const policy = withPolicy(vm.policy, wanted.policy);
  const changed = { ...vm, policy };
  const next = { ...config, vms: config.vms.map((one) => (one === vm ? changed : one)) };
  const fault = policyFault(next, changed) ?? roomFault(draft, config, next);
  if (fault !== null) return fault;
  const {
    health,
    after,
    apart,
    together,
    failback,
    needsRoom,
    liveMebibytesPerSecond = 0,
    onIsolation = 'tell',
    onDegraded = 'tell',
    ...others
  } = policy;
  const { drillEveryDays = 0, drillFromHour = null, drillToHour = null, ...numbers } = others;
  const facts = {
    ...numbers,
    liveMebibytesPerSecond,
    drillEveryDays,
    drillFromHour,
    drillToHour,
    watched: health !== undefined,
    after: after?.length ?? 0,
    apart: apart?.length ?? 0,
    together: together?.length ?? 0,
    failback: failback?.when ?? 'never',
    onIsolation,
    onDegraded,
    needsRoom: needsRoom === true,
    incident: incidentOf(config),
  };
  const text = `The policy of ${vm.name} is changed: ${policy.maxRestarts} restarts in ${span(policy.windowMs)}, start order ${policy.order}, ${span(policy.shutdownTimeoutMs)} to shut down${limitText(policy)}${drillText(policy)}${othersText(next, policy)}${failbackText(failback)}${troubleText(policy)}${watchedText(health)}.`;
  return {
    config: next,
    text,
    event: { code: 'vm.policy-changed', level: 'notice', vm: vm.name, text, facts },
  };
}

const limitText = ({ liveMebibytesPerSecond: limit }: VmPolicy): string =>
  limit === undefined ? '' : `, moved live with at most ${limit} MiB a second`;

function newPause(draft: Draft, config: GroupConfig, forMs: number | null): Pause {
  const wallNowMs =
    draft.wallClock === null ? null : draft.wallClock.wallMs + (draft.nowMs - draft.wallClock.atMs);
  return {
    since: config.generation + 1,
    forMs,
    untilWallMs: forMs === null || wallNowMs === null ? null : Math.round(wallNowMs + forMs),
  };
}

const until = (forMs: number | null, end: string): string =>
  forMs === null ? `until ${end}` : `for ${span(forMs)}`;

function disarm(draft: Draft, config: GroupConfig, forMs: number | null): GroupChange {
  const pause = newPause(draft, config, forMs);
  const text = `The group is disarmed ${until(forMs, 'it is armed again')}: its agents move and restart nothing. VMs and leases go on.`;
  return {
    config: { ...config, disarmed: true, disarm: pause },
    text,
    event: {
      code: 'group.disarm-begun',
      level: 'warning',
      text,
      facts: { forMs, incident: incidentOf(config) },
    },
  };
}

function arm(config: GroupConfig, byItself: boolean): GroupChange | Failure {
  if (!config.disarmed) return { code: 'group.armed-already', message: 'The group is armed already.' };
  const { disarm: pause, ...rest } = config;
  const text = `The group is armed again${byItself ? ': the time of its pause is over' : ''}. Failures are handled from now on.`;
  const facts = { byItself, incident: incidentOf(config, pause) };
  return {
    config: { ...rest, disarmed: false },
    text,
    event: { code: 'group.disarm-ended', level: 'notice', text, facts },
  };
}

function slotOf(config: GroupConfig, name: string): number | Failure {
  const host = config.hosts.find((one) => one.name === name);
  return host?.slot ?? { code: 'host.unknown', message: `The group has no host ${name}.`, field: 'host' };
}

const LEAVING: { readonly [How in SwitchoverHow]: string } = {
  shutdown: '',
  live: ' while they run; one that can not be moved so stays',
  'live-or-shutdown': ' while they run, and those that can not be moved so are shut down and started there',
};

function beginMaintenance(
  draft: Draft,
  config: GroupConfig,
  {
    host,
    forMs,
    bringBack = false,
    how = 'shutdown',
  }: Extract<AdminCommand, { kind: 'maintenance'; on: true }>,
): GroupChange | Failure {
  const slot = slotOf(config, host);
  if (typeof slot !== 'number') return slot;
  if (config.disarmed) {
    return {
      code: 'group.disarmed',
      message: 'The group is disarmed: its agents move nothing, so no host can be emptied.',
      fix: 'Arm it first.',
    };
  }
  const others = (config.maintenance ?? []).filter((one) => one.slot !== slot);
  if (others.length + 1 >= config.hosts.length) {
    return {
      code: 'group.no-host-left',
      message: `With ${host} in maintenance no host of the group would be left to run its VMs.`,
      fix: 'End the maintenance of another host first. To have nothing moved at all, disarm the group.',
      field: 'host',
    };
  }
  const pause = newPause(draft, config, forMs);
  const text = `${host} is in maintenance ${until(forMs, 'that is ended')}: its VMs are moved away${LEAVING[how]}, and it is given none.${bringBack ? ' Afterwards those that prefer it come back.' : ''}`;
  return {
    config: {
      ...config,
      maintenance: [
        ...others,
        { slot, pause, ...(bringBack ? { bringBack } : {}), ...(how === 'shutdown' ? {} : { how }) },
      ],
    },
    text,
    event: {
      code: 'host.maintenance-begun',
      level: 'notice',
      text,
      facts: { host, forMs, bringBack, how, incident: incidentOf(config) },
    },
  };
}

function endMaintenance(config: GroupConfig, host: string, byItself: boolean): GroupChange | Failure {
  const slot = slotOf(config, host);
  if (typeof slot !== 'number') return slot;
  const ended = config.maintenance?.find((one) => one.slot === slot);
  if (ended === undefined) {
    return { code: 'host.not-in-maintenance', message: `${host} is not in maintenance.`, field: 'host' };
  }
  const { maintenance, ...rest } = config;
  const left = (maintenance ?? []).filter((one) => one !== ended);
  const text = `The maintenance of ${host} is over${byItself ? ': its time has passed' : ''}. It may be given VMs again; ${ended.bringBack === true ? 'those that prefer it are brought back' : 'none is moved back by itself'}.`;
  return {
    config: left.length === 0 ? rest : { ...rest, maintenance: left },
    text,
    event: {
      code: 'host.maintenance-ended',
      level: 'notice',
      text,
      facts: { host, byItself, incident: incidentOf(config, ended.pause) },
    },
  };
}

/** Begin and end of a pause are one story: both carry the generation that began it. */
const incidentOf = (config: GroupConfig, pause?: Pause): string =>
  `group-c${pause?.since ?? config.generation + 1}`;

/** "90 s", "20 min", "2 h", "3 days": what an administrator would have typed. */
function span(ms: number): string {
  if (ms % 86_400_000 === 0) return ms === 86_400_000 ? '1 day' : `${ms / 86_400_000} days`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${Math.round(ms / 1000)} s`;
}
