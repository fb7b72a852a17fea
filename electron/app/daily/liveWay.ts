import type { LiveWay } from '../../ipc/daily/switchOverViews.ts';
import type { VmView } from '../../ipc/views.ts';
import type { GroupFacts } from './facts.ts';

/** The last of the memory, and the store's turns in which the token follows the guest. */
const STANDSTILL_MS = 1_000;

interface Way {
  readonly from: string;
  readonly to: string;
}

/** What a switchover of the running guest would be, and what stops it as far as the hosts tell before. Pure. */
export function liveWay(facts: GroupFacts, vm: VmView, { from, to }: Way): LiveWay {
  return {
    refused: [from, to].flatMap((host) => hostRefusal(facts, host) ?? []).at(0) ?? roomRefusal(facts, vm, to),
    expectedPauseMs: STANDSTILL_MS,
    steps: [
      `${from} sends the memory of ${vm.name} to ${to}, while it goes on running.`,
      `${vm.name} stands still; the last of its memory follows, and ${from} gives its token up on the store.`,
      `${to} takes the token and lets it go on. Nothing in it is restarted.`,
    ],
    risk: 'What the guest has only in memory, if a host dies while it moves.',
  };
}

function hostRefusal({ view, statuses }: GroupFacts, host: string): string | null {
  const self = statuses.get(host)?.self;
  if (self === undefined) return `${host} does not answer this app: whether it can do that is not known.`;
  if (self.movesLive === true) return null;
  if (view.kind === 'demo')
    return 'A demo VM is a process on this computer: it can only be shut down and started.';
  return self.movesLive === undefined
    ? `The agent of ${host} is too old for that. Update it in the settings.`
    : `The hypervisor of ${host} can't do that.`;
}

/** Both QEMUs hold the whole of its memory for a while; the agent there refuses without room for it. */
function roomRefusal({ statuses }: GroupFacts, { memoryMiB, name }: VmView, to: string): string | null {
  const freeMiB = statuses.get(to)?.self.memoryFreeMiB ?? null;
  if (freeMiB === null || memoryMiB === null || freeMiB >= memoryMiB) return null;
  return `${to} has ${freeMiB} MiB of memory left, and ${name} needs ${memoryMiB} MiB.`;
}
