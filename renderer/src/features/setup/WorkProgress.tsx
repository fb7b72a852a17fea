import { memo } from 'react';
import type { StepStateView, WorkStep, WorkView } from '../../../../electron/ipc/setup/workViews.ts';
import type { Word } from '../../../../electron/ipc/views.ts';
import { runSeconds } from '../../text/en.ts';
import { stepStates, workStates } from '../../text/setup.ts';
import { Button } from '../../ui/Button.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { ProgressBar } from '../../ui/ProgressBar.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { stopWork } from './setupActions.ts';
import { isBusy, useWorkElapsed } from './setupStore.ts';

const stepMarks: Readonly<Record<StepStateView, Word | null>> = {
  waiting: null,
  running: 'working',
  done: 'protected',
  'already-done': 'protected',
  undone: 'paused',
  failed: 'not-protected',
  skipped: 'paused',
};
const workMarks: Readonly<Record<WorkView['state'], Word>> = {
  running: 'working',
  stopping: 'working',
  done: 'protected',
  failed: 'not-protected',
  interrupted: 'paused',
};

const isOver = ({ state }: WorkStep): boolean => !['waiting', 'running', 'failed', 'skipped'].includes(state);

const Step = memo(function Step({ step }: { readonly step: WorkStep }) {
  const mark = stepMarks[step.state];
  return (
    <li className={`work-step work-step-${step.state}`}>
      <span className="work-step-mark">{mark === null ? null : <StatusMark word={mark} />}</span>
      <span className="work-step-title">
        {step.title}
        <span className="visually-hidden">{`: ${stepStates[step.state]}`}</span>
      </span>
      <span className="work-step-detail">
        {step.detail ?? (step.state === 'already-done' ? 'was done' : '')}
      </span>
      <span className="work-step-time">{step.tookMs === null ? '' : runSeconds(step.tookMs)}</span>
      {step.failure === null ? null : (
        <div className="work-step-failure">
          <FailureText failure={step.failure} />
        </div>
      )}
    </li>
  );
});

function HostSteps({ host, steps }: { readonly host: string | null; readonly steps: readonly WorkStep[] }) {
  const done = steps.filter(isOver).length;
  return (
    <section className="work-host" aria-label={host ?? 'All hosts together'}>
      {host === null ? null : (
        <header>
          <h3>{host}</h3>
          <span className="quiet">{`${done} of ${steps.length}`}</span>
          <ProgressBar label={`Steps on ${host}`} done={done} of={steps.length} />
        </header>
      )}
      <ol className="work-steps">
        {steps.map((step) => (
          <Step key={step.id} step={step} />
        ))}
      </ol>
    </section>
  );
}

/** Anything that takes long: its steps host by host, its seconds, its end, and a way to stop it while that is safe. */
export function WorkProgress({ work, closing }: { readonly work: WorkView; readonly closing?: string }) {
  const elapsedMs = useWorkElapsed(work);
  const hosts = [...Map.groupBy(work.steps, ({ host }) => host)];
  const busy = isBusy(work);
  const failed = work.steps.some(({ failure }) => failure?.code === work.failure?.code);
  return (
    <article className={`work work-${work.state}`} aria-label={work.title}>
      <header className="work-head">
        <StatusMark word={workMarks[work.state]} />
        <h3>{work.title}</h3>
        <output className="work-state">{workStates[work.state]}</output>
        <span className="work-time">{runSeconds(elapsedMs)}</span>
        {busy ? (
          <Button
            onPress={() => void stopWork(work.id)}
            off={work.state === 'stopping' ? 'It ends after the step at hand.' : work.stopRefused}
            label={`Stop: ${work.title}`}
          >
            Stop
          </Button>
        ) : null}
      </header>
      <div className={hosts.length > 1 ? 'work-hosts' : ''}>
        {hosts.map(([host, steps]) => (
          <HostSteps key={host ?? ''} host={host} steps={steps} />
        ))}
      </div>
      {work.failure === null || failed ? null : <FailureText failure={work.failure} />}
      {busy && closing !== undefined ? <p className="quiet">{closing}</p> : null}
    </article>
  );
}
