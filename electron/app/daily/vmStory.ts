import type { IncidentVm } from '../../ipc/daily/views.ts';
import type { EventView } from '../../ipc/views.ts';
import { healthStory } from './healthStory.ts';
import { seconds } from './seconds.ts';
import { fact, numberFact } from './threads.ts';
import type { Told } from './told.ts';

interface Seen {
  readonly vm: string;
  readonly events: readonly EventView[];
  readonly has: (...codes: readonly string[]) => boolean;
  /** The newest event with one of these codes. */
  readonly last: (...codes: readonly string[]) => EventView | undefined;
}

/** What happened to one VM under one generation of its token: moved as asked, failed, started, stopped or changed. */
export function vmStory(vm: string, events: readonly EventView[]): Told {
  const seen: Seen = {
    vm,
    events,
    has: (...codes) => events.some(({ code }) => codes.includes(code)),
    last: (...codes) => events.findLast(({ code }) => codes.includes(code)),
  };
  if (seen.has('vm.switchover-begun')) return switchover(seen);
  if (seen.has('vm.health-failed')) return healthStory(vm, events);
  if (
    seen.has('vm.crashed', 'vm.failed-here', 'vm.gave-up', 'vm.start-failed', 'vm.down-without-hypervisor')
  ) {
    return failure(seen);
  }
  return plain(seen);
}

/** Off on the one host, then started on the other: the parts that each of them measured itself. */
function pauseMs({ last }: Seen): number | null {
  const [released, started] = [last('vm.released'), last('vm.started')];
  const offMs = released === undefined ? null : numberFact(released, 'offForMs');
  const startMs = started === undefined ? null : numberFact(started, 'tookMs');
  return offMs === null || startMs === null ? null : offMs + startMs;
}

/** Why a host moved the VM by itself; undefined: somebody asked for it. */
function plannedCause(reason: string | null, from: string | null, to: string | null): string | undefined {
  const causes: Readonly<Record<string, string>> = {
    'host.maintenance': `${from ?? 'Its host'} is in maintenance.`,
    'host.maintenance-over': `The maintenance of ${to ?? 'its preferred host'} is over.`,
    'host.going-down': `${from ?? 'Its host'} was about to go down.`,
    'vm.host-degraded': `The hardware of ${from ?? 'its host'} showed that it may fail.`,
    'vm.isolated': `The VM's bridge had lost its way out on ${from ?? 'its host'}: nobody reached it there.`,
  };
  return reason === null ? undefined : causes[reason];
}

function switchover(seen: Seen): Told {
  const { vm, last, has } = seen;
  const begun = last('vm.switchover-begun');
  const from = begun?.host ?? null;
  const to = begun === undefined ? null : fact(begun, 'to');
  const arrived = last('vm.started');
  const didMove = arrived !== undefined && arrived.host !== from;
  const notLive = last('vm.live-failed');
  const didStay = notLive !== undefined && fact(notLive, 'next') === 'stays';
  const isBack =
    !didMove && (didStay || has('vm.switchover-failed', 'vm.taken-back', 'vm.switchover-interrupted'));
  const planned = begun === undefined ? undefined : plannedCause(fact(begun, 'reason'), from, to);
  const downMs = didMove ? pauseMs(seen) : null;
  const why =
    last('vm.switchover-failed', 'vm.taken-back', 'vm.switchover-interrupted', 'vm.live-failed')?.text ??
    null;
  const cut = has('vm.power-cut') ? ' The guest did not shut down in time; its power was cut.' : '';
  const outcome = didMove
    ? `${vm} runs on ${arrived.host}${downMs === null ? '' : ` after a pause of ${seconds(downMs)}`}.${cut}`
    : isBack
      ? `${vm} stays on ${from ?? 'its host'}.${cut}`
      : `${vm} is on its way to ${to ?? 'another host'}.${cut}`;
  return {
    kind: planned === undefined ? 'switchover' : 'maintenance',
    word: didMove ? 'protected' : isBack ? 'at-risk' : 'working',
    title: didMove
      ? `${vm} was switched over to ${arrived.host}`
      : isBack
        ? `The switchover of ${vm} was not carried out`
        : `${vm} is being switched over to ${to ?? 'another host'}`,
    cause: planned ?? 'The administrator asked for it.',
    decision: why,
    outcome,
    needs: isBack ? 'Read the events of both hosts, then try again.' : null,
    vms: [
      {
        vmName: vm,
        from,
        to: didMove ? arrived.host : to,
        downMs,
        outcome: didMove ? 'moved' : isBack ? 'stayed' : 'under-way',
      },
    ],
    isOver: didMove || isBack,
  };
}

function failure({ vm, events, last }: Seen): Told {
  const first = events.find(({ code }) => code.startsWith('vm.'));
  const failed = last('vm.crashed', 'vm.start-failed', 'vm.gave-up', 'vm.down-without-hypervisor');
  const runs = events.findLast(({ code }) => code === 'vm.restarted' || code === 'vm.started');
  const isUp = runs !== undefined && (failed === undefined || events.indexOf(runs) > events.indexOf(failed));
  const from = first?.host ?? null;
  const didMove = isUp && runs.host !== from;
  const downMs = isUp ? downOf(runs, last('vm.released')) : null;
  const gaveUp = last('vm.gave-up') !== undefined && !isUp;
  const crashes = events.filter(({ code }) => code === 'vm.crashed').length;
  const outcome: IncidentVm['outcome'] = didMove
    ? 'moved'
    : isUp
      ? 'restarted'
      : gaveUp
        ? 'down'
        : 'under-way';
  return {
    kind: 'vm-failed',
    word: isUp ? 'protected' : gaveUp ? 'not-protected' : 'working',
    title: didMove
      ? `${vm} failed on ${from ?? 'its host'} and runs on ${runs.host}`
      : isUp
        ? `${vm} failed and was restarted`
        : `${vm} is down`,
    cause: first?.text ?? `${vm} went down.`,
    decision:
      last('vm.failed-here', 'vm.gave-up')?.text ??
      (isUp && !didMove ? `${runs.host} restarted it, as its policy says.` : null),
    outcome: isUp
      ? `${vm} runs on ${runs.host}${downMs === null ? '' : ` after ${seconds(downMs)}`}.`
      : `${vm} does not run.`,
    needs: gaveUp
      ? `Look at the guest; "understudy start ${vm}" tries at once.`
      : crashes > 1
        ? `It went down ${crashes} times: look at the guest and its host.`
        : null,
    vms: [{ vmName: vm, from, to: isUp ? runs.host : null, downMs, outcome }],
    isOver: isUp || gaveUp,
  };
}

function downOf(runs: EventView, released: EventView | undefined): number | null {
  const measured = numberFact(runs, 'downMs');
  if (measured !== null) return measured;
  const offMs = released === undefined ? null : numberFact(released, 'offForMs');
  const startMs = numberFact(runs, 'tookMs');
  return offMs === null || startMs === null ? null : offMs + startMs;
}

const CHANGES: Readonly<Record<string, string>> = {
  'vm.protected': 'is protected',
  'vm.policy-changed': 'has another policy',
  'vm.stopped': 'was stopped',
  'vm.stopped-by-admin': 'was stopped by hand',
  'vm.shut-down-inside': 'was shut down from inside',
  'vm.started-by-admin': 'was started by hand',
  'vm.started': 'was started',
  'vm.resumed': 'goes on',
};

/** Starts, stops and changes that somebody wanted; and whatever else a host said about the VM. */
const STOPS: ReadonlySet<string> = new Set(['vm.stopped', 'vm.stopped-by-admin', 'vm.shut-down-inside']);

/** Who wanted it. Each host says it in its own event; what else is written around it is no cause. */
function causeOf(vm: string, event: EventView): string {
  if (event.code === 'vm.shut-down-inside') return `Somebody shut ${vm} down from inside.`;
  if (event.code === 'vm.resumed') return `A disk of ${vm} had answered with an error.`;
  const why = fact(event, 'why');
  return why === null ? 'An administrator asked for it.' : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
}

function plain({ vm, events }: Seen): Told {
  const newest = events.findLast(({ code }) => CHANGES[code] !== undefined) ?? events.at(-1);
  const isStopped = newest !== undefined && STOPS.has(newest.code);
  const isGrave = events.some(({ level }) => level === 'alarm' || level === 'warning');
  const isWell = newest !== undefined && CHANGES[newest.code] !== undefined;
  const title = isWell ? `${vm} ${CHANGES[newest.code] ?? ''}` : `${vm} needs a look`;
  return {
    kind: isGrave && !isWell ? 'vm-failed' : 'change',
    word: isGrave && !isWell ? 'at-risk' : isStopped ? 'paused' : 'protected',
    title,
    cause: isWell ? causeOf(vm, newest) : (events[0]?.text ?? ''),
    decision: null,
    outcome: newest?.text ?? '',
    needs: null,
    vms: [],
    isOver: true,
  };
}
