import type { ControlMethod, ControlParams, ControlResult, Status } from '../../../agent/protocol/control.ts';
import { openControl } from '../../backend/control/control.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { type HostStatusResult, statusOf } from '../../backend/group/health.ts';
import { groupByName, hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { GroupEntry } from '../../backend/inventory/schema.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import type { Arguments, Context } from '../command.ts';

/** Beside a guest's own time to shut down: stop, hand over, start on the other host, and some room. */
const HANDOVER_MS = 150_000;

/** The named group, or the only one. Throws a FailureError. */
export function groupOf(args: Arguments, context: Context): GroupEntry {
  const inventory = readInventory(context.inventoryPath);
  const name = args.text('group');
  if (name !== undefined) return groupByName(inventory, name);
  const [only, another] = inventory.groups;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) {
    throw fail({
      code: 'input.unknown-group',
      message: 'There is no group yet.',
      fix: 'Create one: group create.',
    });
  }
  throw args.wrong(`--group is needed: ${inventory.groups.map((each) => each.name).join(', ')}`, 'group');
}

export interface Agents {
  readonly sessions: readonly HostSession[];
  /** Every host of the group, those that can't be reached included. */
  readonly results: readonly HostStatusResult[];
}

/** Asks all hosts of the group for their status; one that is dead or unreachable is a result, not a failure. */
export async function withAgents<Result>(
  args: Arguments,
  context: Context,
  work: (agents: Agents) => Promise<Result>,
): Promise<Result> {
  const inventory = readInventory(context.inventoryPath);
  const sessions: HostSession[] = [];
  const lost: HostStatusResult[] = [];
  await Promise.all(
    groupOf(args, context).hosts.map(async ({ name }) => {
      try {
        sessions.push(await context.open(hostByName(inventory, name)));
      } catch (fault) {
        lost.push({ host: name, failure: asFailure(fault) });
      }
    }),
  );
  try {
    const answered = await statusOf(sessions);
    const results = [...answered, ...lost].sort((a, b) => a.host.localeCompare(b.host));
    return await work({ sessions, results });
  } finally {
    for (const session of sessions) session.close();
  }
}

/** One call to the agent of one host. */
export async function callAgent<M extends ControlMethod>(
  session: HostSession,
  method: M,
  params: ControlParams<M>,
  deadlineMs: number,
): Promise<ControlResult<M>> {
  const control = await openControl(session);
  try {
    return await control.call(method, params, deadlineMs);
  } finally {
    control.close();
  }
}

interface VmPlace {
  readonly session: HostSession;
  /** How long an operation on this VM may take. */
  readonly deadlineMs: number;
}

/** The host whose agent is to be asked about a VM: where it runs, else its holder, else where it is defined. */
export function placeOfVm(vm: string, agents: Agents): VmPlace {
  const statuses = agents.results.flatMap((result) => ('status' in result ? [result] : []));
  const ranked = statuses
    .map(({ host, status }) => ({ host, status, rank: rankOf(vm, status) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank);
  const [best] = ranked;
  const session = agents.sessions.find((each) => each.hostName === best?.host);
  if (best !== undefined && session !== undefined) {
    const policy = best.status.vms.find((each) => each.name === vm)?.policy;
    return { session, deadlineMs: (policy?.shutdownTimeoutMs ?? 0) + HANDOVER_MS };
  }
  const known = new Set(
    statuses.flatMap(({ status }) => [...status.vms, ...status.otherVms].map((each) => each.name)),
  );
  const silent = agents.results.filter((result) => 'failure' in result).map((result) => result.host);
  throw fail({
    code: 'input.unknown-vm',
    message: `No host that answers knows a VM ${vm}.${silent.length === 0 ? '' : ` No answer from ${silent.join(', ')}.`}`,
    fix: known.size === 0 ? 'Define it on one of the hosts first.' : `Known VMs: ${[...known].join(', ')}.`,
    field: 'VM',
  });
}

function rankOf(vm: string, status: Status): number {
  const guarded = status.vms.find((each) => each.name === vm);
  if (guarded !== undefined) {
    if (guarded.here === 'running' || guarded.here === 'paused' || guarded.here === 'frozen') return 5;
    return guarded.holder === status.self.slot ? 4 : 1;
  }
  const other = status.otherVms.find((each) => each.name === vm);
  return other === undefined ? 0 : other.running ? 3 : 2;
}
