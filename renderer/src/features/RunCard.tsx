import { X } from 'lucide-react';
import type { RunView } from '../../../electron/ipc/views.ts';
import { dismissRun } from '../store/actions.ts';
import { stopRun } from '../store/dailyActions.ts';
import { useElapsed } from '../store/selectors.ts';
import { runResult, runSeconds, runTitle } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';

const marks = { 'under-way': 'working', done: 'protected', failed: 'not-protected' } as const;
const labels = { 'under-way': 'Under way', done: 'Done', failed: 'Failed' } as const;

/** The steps of a run with their seconds; the one under way counts on. */
export function RunSteps({ run }: { readonly run: RunView }) {
  const elapsedMs = useElapsed(run);
  return (
    <ol className="steps">
      {run.steps.map((step) => {
        const tookMs = step.tookMs ?? elapsedMs - step.startedMs;
        const state = step.tookMs === null ? run.state : 'done';
        return (
          <li key={`${step.startedMs} ${step.text}`} className={`step step-${state}`}>
            <StatusMark word={marks[state]} />
            <span className="step-text">{step.text}</span>
            <span className="step-time">{runSeconds(tookMs)}</span>
          </li>
        );
      })}
    </ol>
  );
}

function Outcome({ run }: { readonly run: RunView }) {
  if (run.failure !== null) return <FailureText failure={run.failure} />;
  const result = run.state === 'done' ? runResult(run, ', as seen from here') : null;
  return result === null ? null : <p className="run-outcome">{result}</p>;
}

/** One switchover or takeover, live, and for a while after it. */
export function RunCard({ run }: { readonly run: RunView }) {
  const elapsedMs = useElapsed(run);
  return (
    <article className={`run run-${run.state}`} aria-label={runTitle(run)}>
      <header className="run-head">
        <StatusMark word={marks[run.state]} />
        <h3>{runTitle(run)}</h3>
        <span className="run-time" role="timer">
          {`${labels[run.state]}, ${runSeconds(elapsedMs)}`}
        </span>
        {run.state === 'under-way' ? null : (
          <Button look="quiet" onPress={() => dismissRun(run.id)} label={`Close: ${runTitle(run)}`}>
            <X aria-hidden="true" />
          </Button>
        )}
      </header>
      <RunSteps run={run} />
      <Outcome run={run} />
      {run.kind === 'switchover' && run.state === 'under-way' && run.stopRefused === null ? (
        <Button onPress={() => void stopRun(run.id)} label={`Stop: ${runTitle(run)}`}>
          Stop the switchover
        </Button>
      ) : null}
    </article>
  );
}
