import type { IncidentVm } from '../../ipc/daily/views.ts';
import type { EventView } from '../../ipc/views.ts';
import { seconds } from './seconds.ts';
import { numberFact } from './threads.ts';
import type { Told } from './told.ts';

/** Steps of the recovery, in the words of a story. */
const STEPS: Readonly<Record<string, string>> = {
  'vm.app-restarted': 'its application was restarted',
  'vm.reset': 'its guest was reset',
  'vm.restart-for-health': 'it was ended and started again',
  'vm.failed-here': 'it was given to another host',
};

/** A guest, or what runs in it, failed by the probes of its policy, and what was done about it. */
export function healthStory(vm: string, events: readonly EventView[]): Told {
  const last = (code: string): EventView | undefined => events.findLast((event) => event.code === code);
  const failed = last('vm.health-failed');
  const isAfter = (event: EventView | undefined): event is EventView =>
    event !== undefined && (failed === undefined || events.indexOf(event) > events.indexOf(failed));
  const recovered = last('vm.health-recovered');
  const gaveUp = last('vm.health-gave-up');
  const isWell = isAfter(recovered);
  const isLeft = !isWell && isAfter(gaveUp);
  const downMs = isWell ? numberFact(recovered, 'tookMs') : null;
  const steps = events.flatMap(({ code }) => STEPS[code] ?? []);
  const host = failed?.host ?? null;
  const outcome: IncidentVm['outcome'] = isWell ? 'restarted' : isLeft ? 'stayed' : 'under-way';
  return {
    kind: 'vm-failed',
    word: isWell ? 'protected' : isLeft ? 'at-risk' : 'working',
    title: isWell
      ? `${vm} failed inside and is well again`
      : isLeft
        ? `${vm} has failed inside, and nothing has helped`
        : `${vm} has failed inside`,
    cause: failed?.text ?? `${vm} did not answer.`,
    decision: steps.length === 0 ? null : `Tried one after another: ${steps.join('; ')}.`,
    outcome: isWell
      ? `${vm} answers again${downMs === null ? '' : ` after ${seconds(downMs)}`}.`
      : isLeft
        ? `${vm} runs as it is. The steps are tried again later.`
        : `${vm} is being helped.`,
    needs: isLeft ? 'Look at its screen and into the guest.' : null,
    vms: [{ vmName: vm, from: host, to: host, downMs, outcome }],
    isOver: isWell || isLeft,
  };
}
