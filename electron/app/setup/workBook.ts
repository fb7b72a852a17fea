import { randomUUID } from 'node:crypto';
import { type Failure, FailureError } from '../../../agent/protocol/failure.ts';
import { asFailure } from '../../backend/failures.ts';
import type { StepEvent, StepState } from '../../backend/install/step.ts';
import type { StepStateView, WorkKind, WorkStep, WorkView } from '../../ipc/setup/workViews.ts';

/** Work that is over and still shown; a page shows the last of each kind at most. */
const MAX_OVER = 20;

interface Entry {
  readonly id: string;
  readonly kind: WorkKind;
  readonly groupId: string | null;
  readonly title: string;
  /** Hosts that nothing else may be done on meanwhile. */
  readonly hosts: readonly string[];
  readonly stop: AbortController;
  readonly startedMs: number;
  readonly steps: Map<string, MutableStep>;
  stopRefused: string | null;
  endedMs: number | null;
  state: WorkView['state'];
  failure: Failure | null;
}
interface MutableStep {
  step: WorkStep;
  startedMs: number;
}

export interface WorkStart {
  readonly kind: WorkKind;
  readonly groupId: string | null;
  readonly title: string;
  readonly hosts: readonly string[];
}

/** What long work tells about itself. */
export interface Work {
  readonly signal: AbortSignal;
  /** Adds a step, or changes the one of that id. */
  readonly step: (id: string, change: Partial<Omit<WorkStep, 'id' | 'tookMs'>>) => void;
  /** Takes what the installer reports, each step under its host. */
  readonly report: (event: StepEvent) => void;
  /** From now on it must not be stopped; the sentence says why. */
  readonly refuseStop: (why: string) => void;
}

const stepStates: Readonly<Record<StepState, StepStateView>> = {
  checking: 'running',
  'already-done': 'already-done',
  applying: 'running',
  applied: 'done',
  undone: 'undone',
  failed: 'failed',
};

/** Long work under way and lately over: one shape for all of it. */
export class WorkBook {
  readonly #entries: Entry[] = [];
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Begins `body`. Throws when something else is under way on one of the hosts. Never rejects later. */
  begin(start: WorkStart, body: (work: Work) => Promise<void>): string {
    this.refuseBusy(start.hosts);
    const entry: Entry = {
      ...start,
      id: randomUUID(),
      stop: new AbortController(),
      startedMs: performance.now(),
      steps: new Map(),
      stopRefused: null,
      endedMs: null,
      state: 'running',
      failure: null,
    };
    this.#entries.push(entry);
    this.#trim();
    body(this.#work(entry)).then(
      () => this.#end(entry, 'done', null),
      (fault: unknown) => {
        const failure = asFailure(fault);
        const cut = entry.stop.signal.aborted || failure.code === 'ssh.connection-lost';
        this.#end(entry, cut ? 'interrupted' : 'failed', failure);
      },
    );
    this.#changed();
    return entry.id;
  }

  refuseBusy(hosts: readonly string[]): void {
    const busy = this.#entries.find(
      (entry) => entry.endedMs === null && entry.hosts.some((host) => hosts.includes(host)),
    );
    if (busy === undefined) return;
    throw new FailureError({
      code: 'setup.busy',
      message: `${busy.title} is under way.`,
      fix: 'Wait until it is done, or stop it.',
    });
  }

  stop(id: string): void {
    const entry = this.#entries.find((each) => each.id === id && each.endedMs === null);
    if (entry === undefined) {
      const message = 'That work is over already.';
      throw new FailureError({ code: 'setup.work-over', message, field: 'workId' });
    }
    if (entry.stopRefused !== null)
      throw new FailureError({ code: 'setup.stop-refused', message: entry.stopRefused });
    entry.state = 'stopping';
    entry.stop.abort();
    this.#changed();
  }

  /** `groupId` null: only what is done for the open set-up; absent: everything that may be stopped. */
  stopAll(groupId?: string | null): void {
    for (const entry of this.#entries) {
      const meant = groupId === undefined || entry.groupId === groupId;
      if (meant && entry.endedMs === null && entry.stopRefused === null) entry.stop.abort();
    }
  }

  /** Whether anything is under way for the open set-up. */
  isSettingUp(): boolean {
    return this.#entries.some(({ endedMs, groupId }) => endedMs === null && groupId === null);
  }

  views(nowMs: number): readonly WorkView[] {
    return this.#entries.map((entry) => ({
      id: entry.id,
      kind: entry.kind,
      groupId: entry.groupId,
      title: entry.title,
      state: entry.state,
      elapsedMs: Math.round((entry.endedMs ?? nowMs) - entry.startedMs),
      steps: [...entry.steps.values()].map(({ step, startedMs }) =>
        step.state === 'running' ? { ...step, tookMs: Math.round(nowMs - startedMs) } : step,
      ),
      failure: entry.failure,
      stopRefused: entry.endedMs === null ? entry.stopRefused : 'It is over.',
    }));
  }

  #work(entry: Entry): Work {
    const step: Work['step'] = (id, change) => {
      const nowMs = performance.now();
      const known = entry.steps.get(id);
      const before = known?.step ?? blankStep(id);
      const begins = change.state === 'running' && before.state !== 'running';
      const startedMs = begins ? nowMs : (known?.startedMs ?? nowMs);
      const next = { ...before, ...change };
      const over = next.state !== 'running' && next.state !== 'waiting';
      const tookMs = over ? (before.tookMs ?? Math.round(nowMs - startedMs)) : null;
      entry.steps.set(id, { step: { ...next, tookMs }, startedMs });
      this.#changed();
    };
    return {
      signal: entry.stop.signal,
      step,
      report: (event) =>
        step(`${event.host} ${event.step}`, {
          host: event.host,
          title: event.title,
          state: stepStates[event.state],
          detail: event.detail ?? null,
          failure: event.failure ?? null,
        }),
      refuseStop: (why) => {
        entry.stopRefused = why;
        this.#changed();
      },
    };
  }

  #end(entry: Entry, state: Entry['state'], failure: Failure | null): void {
    entry.endedMs = performance.now();
    entry.state = state;
    entry.failure = failure;
    for (const [id, { step, startedMs }] of entry.steps) {
      if (step.state !== 'waiting' && step.state !== 'running') continue;
      const left = step.state === 'waiting' || state !== 'failed' ? 'skipped' : 'failed';
      entry.steps.set(id, { step: { ...step, state: left }, startedMs });
    }
    this.#changed();
  }

  #trim(): void {
    const over = this.#entries.filter(({ endedMs }) => endedMs !== null);
    for (const old of over.slice(0, Math.max(0, over.length - MAX_OVER)))
      this.#entries.splice(this.#entries.indexOf(old), 1);
  }
}

const blankStep = (id: string): WorkStep => ({
  id,
  host: null,
  title: id,
  state: 'waiting',
  detail: null,
  tookMs: null,
  failure: null,
});

/** Runs one part of the work as a step of its own. */
export async function asStep<Result>(
  work: Work,
  step: { readonly id: string; readonly host: string | null; readonly title: string },
  body: () => Promise<Result>,
): Promise<Result> {
  const { id, host, title } = step;
  stopBetweenSteps(work.signal);
  work.step(id, { host, title, state: 'running' });
  try {
    const result = await body();
    work.step(id, { state: 'done' });
    return result;
  } catch (fault) {
    work.step(id, { state: 'failed', failure: asFailure(fault) });
    throw fault;
  }
}

function stopBetweenSteps(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new FailureError({
    code: 'setup.stopped',
    message: 'It was stopped between two steps.',
    meaning: 'What was done stays done.',
    fix: 'Begin it again: it goes on where it stopped.',
  });
}
