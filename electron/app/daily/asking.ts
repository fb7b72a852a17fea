import type { ControlMethod, ControlParams, ControlResult } from '../../../agent/protocol/control.ts';
import { FailureError } from '../../../agent/protocol/failure.ts';
import type { VmView } from '../../ipc/views.ts';
import type { OpenGroup } from '../openGroup.ts';

/** A decision on the store takes a second or two; a contended one is refused before this. */
const DECISION_WITHIN_MS = 45_000;
/** A refusal comes at once. What takes longer is under way, and how it goes is seen by the feeds. */
const REFUSED_WITHIN_MS = 2_500;
/** What an agent waits for at the longest, a guest's shutdown included. */
const ACTION_WITHIN_MS = 3_900_000;

/** A host whose agent answers and whose keeper can decide; throws a FailureError when there is none. */
function deciding(group: OpenGroup): string {
  const hosts = group.view().hosts.filter(({ report }) => report?.fresh === true && report.keeperConnected);
  const best = hosts.find(({ report }) => report?.phase === 'alive') ?? hosts[0];
  if (best !== undefined) return best.name;
  throw new FailureError({
    code: 'app.group-not-known',
    message: 'No host of the group answers this app, so nothing can be asked of it.',
    meaning: 'The hosts may be fine, and they watch each other without this app.',
    fix: 'Check the network between this computer and the hosts.',
  });
}

/** Asks for a decision about the whole group, of whichever host can make it. */
export function decide<Method extends ControlMethod>(
  group: OpenGroup,
  method: Method,
  params: ControlParams<Method>,
): Promise<ControlResult<Method>> {
  return group.call(deciding(group), method, params, DECISION_WITHIN_MS);
}

/** The host to ask about a VM: its holder while it answers, else another that may decide. */
export function askedFor(group: OpenGroup, vm: VmView): string {
  const holder = group.view().hosts.find(({ name }) => name === vm.holder);
  return holder?.report?.fresh === true ? holder.name : deciding(group);
}

/** Begins something with a VM: resolves when it is under way or done, rejects when it was refused. */
export async function begin(group: OpenGroup, vm: VmView, method: 'vm.start' | 'vm.stop'): Promise<null> {
  let timer: NodeJS.Timeout | undefined;
  const underWay = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, REFUSED_WITHIN_MS, null);
  });
  const asked = group.call(askedFor(group, vm), method, { vm: vm.name }, ACTION_WITHIN_MS).then(() => null);
  // Refused after all: the run that the window follows says how it ended.
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, underWay]);
  } finally {
    clearTimeout(timer);
  }
}
