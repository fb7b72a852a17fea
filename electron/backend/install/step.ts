import type { Failure } from '../../../agent/protocol/failure.ts';
import { asFailure, fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';

/**
 * One change to a host. `done` looks, `apply` changes, and `done` looks again: so a run that was cut off anywhere is
 * simply started again. `undo` takes back what `apply` did and nothing else, also when it was never applied.
 */
export interface Step {
  readonly id: string;
  readonly title: string;
  /** What will be different on the host, for the preview: paths and units. */
  readonly changes: readonly string[];
  readonly done: (session: HostSession) => Promise<boolean>;
  readonly apply: (session: HostSession, progress: (text: string) => void) => Promise<void>;
  readonly undo: (session: HostSession) => Promise<void>;
}

export type StepState = 'checking' | 'already-done' | 'applying' | 'applied' | 'undone' | 'failed';
export interface StepEvent {
  readonly host: string;
  readonly step: string;
  readonly title: string;
  readonly state: StepState;
  /** Position in the list, from 1. */
  readonly number: number;
  readonly of: number;
  readonly detail?: string;
  readonly failure?: Failure;
}
export type Report = (event: StepEvent) => void;

/** A step made of three scripts with the same arguments. `done` says yes with exit status 0 and no with 1. */
export interface ScriptStep {
  readonly id: string;
  readonly title: string;
  readonly changes: readonly string[];
  readonly args: readonly string[];
  readonly done: string;
  readonly apply: string;
  readonly undo: string;
}

export function scriptStep(step: ScriptStep): Step {
  const { id, title, changes, args } = step;
  return {
    id,
    title,
    changes,
    done: (session) => holds(session, title, step.done, args),
    apply: async (session) => {
      await runChecked(session, { what: title, script: step.apply, args }, 'install.step-failed');
    },
    undo: async (session) => {
      await runChecked(
        session,
        { what: `undoing: ${title}`, script: step.undo, args },
        'install.undo-failed',
      );
    },
  };
}

/** Runs a looking script: 0 yes, 1 no, anything else is a failure of the look itself. */
export async function holds(
  session: HostSession,
  what: string,
  script: string,
  args: readonly string[],
): Promise<boolean> {
  const wrapped = `look() {\nset +e\n${script}\n}\nif look "$@"; then echo yes; else echo no; fi`;
  const answer = await runChecked(session, { what, script: wrapped, args }, 'install.look-failed');
  return answer.trim() === 'yes';
}

/** Never between the beginning and the end of a step: what was begun is finished or fails by itself. */
function stopIfAsked(session: HostSession, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw fail({
    code: 'install.stopped',
    message: `The work on ${session.hostName} was stopped between two steps.`,
    meaning: 'What was done stays done.',
    fix: 'Start it again: it goes on where it stopped. Or undo it.',
  });
}

/** Carries out the steps that are not done yet, in order. Throws at the first that fails, its name in the message. */
export async function applySteps(
  session: HostSession,
  steps: readonly Step[],
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const event = (state: StepState, more: Partial<StepEvent> = {}): void =>
      report({
        host: session.hostName,
        step: step.id,
        title: step.title,
        number: index + 1,
        of: steps.length,
        state,
        ...more,
      });
    stopIfAsked(session, signal);
    try {
      event('checking');
      if (await step.done(session)) {
        event('already-done');
        continue;
      }
      event('applying');
      await step.apply(session, (detail) => event('applying', { detail }));
      if (!(await step.done(session))) throw notDone(session, step);
      event('applied');
    } catch (fault) {
      event('failed', { failure: asFailure(fault) });
      throw fault;
    }
  }
}

/** Takes all steps back, the last first. Throws at the first that can't be. */
export async function undoSteps(
  session: HostSession,
  steps: readonly Step[],
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  for (const [index, step] of [...steps].reverse().entries()) {
    stopIfAsked(session, signal);
    const base = {
      host: session.hostName,
      step: step.id,
      title: step.title,
      number: index + 1,
      of: steps.length,
    };
    try {
      await step.undo(session);
      report({ ...base, state: 'undone' });
    } catch (fault) {
      report({ ...base, state: 'failed', failure: asFailure(fault) });
      throw fault;
    }
  }
}

export interface PlannedStep {
  readonly id: string;
  readonly title: string;
  readonly changes: readonly string[];
  readonly needed: boolean;
}

/** The dry run: what `applySteps` would do now. Changes nothing. */
export async function planSteps(session: HostSession, steps: readonly Step[]): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = [];
  for (const { id, title, changes, done } of steps) {
    planned.push({ id, title, changes, needed: !(await done(session)) });
  }
  return planned;
}

function notDone(session: HostSession, step: Step): Error {
  return fail({
    code: 'install.step-not-effective',
    message: `On ${session.hostName}, "${step.title}" reported success, but its result is not there.`,
    meaning: 'Something on the host takes it back at once, for instance a configuration management.',
    fix: 'Look at the host, then start again: it goes on where it stopped.',
  });
}
