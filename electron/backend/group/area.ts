import type { GroupConfig } from '../../../agent/protocol/group.ts';
import { fail } from '../failures.ts';
import type { HostSession } from '../ssh/session.ts';
import { type AreaState, probe } from '../storage/probe.ts';

/** The lease area's file in a folder on the store. */
export const AREA_FILE = 'understudy.area';
/** 40 MiB and some room, so that the store is not full to the last byte. */
const MIN_FREE_BYTES = 64 * 1_048_576;

/**
 * Throws unless a new area can be made at `path`, or the one there is already this very group's (an earlier run was cut
 * off after it was made). Looks from every host, because a path that only one of them has is no store.
 */
export async function requireAreaPlace(
  sessions: readonly HostSession[],
  path: string,
  groupId: string | null,
): Promise<void> {
  for (const session of sessions) {
    const { area } = await probe(session, 'inspect', { path });
    refuseArea(path, area, groupId);
  }
}

/** The refusals, each with its own code. Pure. */
export function refuseArea(path: string, area: AreaState, groupId: string | null): void {
  switch (area.kind) {
    case 'blank':
      return;
    case 'absent':
      if (area.freeBytes >= MIN_FREE_BYTES) return;
      throw fail({
        code: 'store.full',
        message: `There are only ${Math.floor(area.freeBytes / 1_048_576)} MiB free at ${path}; the lease area needs 64.`,
        fix: 'Free some space on the store.',
      });
    case 'area':
      if (area.header.groupId === groupId) return;
      throw fail({
        code: 'store.area-of-another-group',
        message: `${path} is the lease area of the group ${area.config?.groupName ?? area.header.groupId}.`,
        meaning: 'Hosts may be using it at this moment. It is never overwritten.',
        fix: 'Name another folder or file (--area), or uninstall that group first and delete its area.',
      });
    case 'newer':
      throw fail({
        code: 'store.newer-layout',
        message: `${path} is a lease area of layout ${area.version}, made by a newer version of Understudy.`,
        meaning: 'This version can not read it and leaves it alone.',
        fix: 'Update this app, or name another file (--area).',
      });
    case 'foreign':
      throw fail({
        code: 'store.not-empty',
        message: `${path} holds other data: ${area.why}.`,
        meaning:
          'A lease area is only made in a new file or on a device that is zero from end to end of its 40 MiB.',
        fix: 'Name another file (--area). A device that is certainly unused can be cleared with blkdiscard or dd.',
      });
  }
}

/**
 * Makes the area from the first host and looks at it from all; never over an existing one. Returns the configuration that is
 * in force there: an earlier run's, when that was cut off after it had made the area. Throws a FailureError.
 */
export async function makeArea(
  sessions: readonly HostSession[],
  path: string,
  config: GroupConfig,
): Promise<GroupConfig> {
  const [first] = sessions;
  if (first === undefined) throw new Error('a group has at least one host');
  const header = {
    areaId: config.areaId,
    groupId: config.groupId,
    blockBytes: 4096,
    hostSlots: 8,
    tokenSlots: 64,
  };
  const { area } = await probe(first, 'format', { path, header, config });
  refuseArea(path, area, config.groupId);
  let inForce = config;
  for (const session of sessions) {
    const seen = await probe(session, 'inspect', { path });
    if (seen.area.kind === 'area' && seen.area.header.areaId === config.areaId) {
      inForce = seen.area.config ?? inForce;
      continue;
    }
    throw fail({
      code: 'store.not-shared',
      message: `${session.hostName} does not see the lease area that ${first.hostName} has just made at ${path}.`,
      fix: 'Check that both hosts have the same store at that path.',
    });
  }
  return inForce;
}
