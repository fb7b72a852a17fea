import { GroupConfig } from '../../../agent/protocol/group.ts';
import { readTolerantly } from '../../../agent/protocol/tolerant.ts';
import { fail } from '../failures.ts';
import { gatherFacts } from '../facts/facts.ts';
import type { GroupEntry } from '../inventory/schema.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';

export interface FoundGroup {
  readonly config: GroupConfig;
  readonly areaId: string;
  readonly areaPath: string;
  /** The name that the group has for the host that was asked. */
  readonly name: string;
}

/** A whole configuration of 64 VMs is far below; a host that sends more is not one of ours. */
const MAX_CONFIG_BYTES = 262_144;
const script = `[ "$(wc -c </etc/understudy/group.json)" -le ${MAX_CONFIG_BYTES} ] || exit 1
cat /etc/understudy/group.json`;

/** The group that a host belongs to, as its own files say. Throws a FailureError when it has none. Changes nothing. */
export async function discoverGroup(session: HostSession): Promise<FoundGroup> {
  const { settings, installedVersion } = await gatherFacts(session);
  if (settings === null) {
    throw fail({
      code: 'setup.no-group-there',
      message: `${session.hostName} belongs to no group${installedVersion === null ? ': Understudy is not installed there' : ' yet'}.`,
      fix: 'Name another host, or set up new hosts instead.',
      field: 'address',
    });
  }
  const text = await runChecked(
    session,
    { what: "reading the group's configuration", script },
    'setup.group-unreadable',
  );
  const config = parse(text);
  if (config === null || config.groupId !== settings.groupId) throw unreadable(session.hostName);
  return { config, areaId: settings.areaId, areaPath: settings.areaPath, name: settings.hostName };
}

function parse(text: string): GroupConfig | null {
  try {
    const read = readTolerantly(GroupConfig, JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

const unreadable = (host: string): Error =>
  fail({
    code: 'setup.group-unreadable',
    message: `The group's configuration on ${host} can not be read.`,
    meaning: 'It is damaged, or was written by a version of Understudy that this one does not know.',
    fix: 'Update this app, or name another host of the group.',
    field: 'address',
  });

/** The group as the inventory knows it, with those of its hosts that this computer can log in to. Pure. */
export function entryOf(found: FoundGroup, reachable: readonly string[]): GroupEntry {
  return {
    name: found.config.groupName,
    groupId: found.config.groupId,
    areaId: found.areaId,
    areaPath: found.areaPath,
    hosts: found.config.hosts
      .filter(({ name }) => reachable.includes(name))
      .map(({ name, slot }) => ({ name, slot })),
  };
}
