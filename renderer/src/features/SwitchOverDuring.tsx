import { type MoveProgress, moveProgressText } from '../../../agent/protocol/moveProgress.ts';
import type { RunView } from '../../../electron/ipc/views.ts';
import { closeDialog } from '../store/actions.ts';
import { stopRun } from '../store/dailyActions.ts';
import { useElapsed } from '../store/selectors.ts';
import { runResult, runSeconds } from '../text/en.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { RunSteps } from './RunCard.tsx';

const titles: Readonly<Record<RunView['state'], (run: RunView) => string>> = {
  'under-way': ({ vmName }) => `Switching ${vmName} over`,
  done: ({ vmName, to }) => `${vmName} runs on ${to ?? 'the other host'}`,
  failed: ({ vmName }) => `${vmName} was not switched over`,
};

/** How much of the guest's memory is on the other host. What it writes meanwhile is sent again. */
function Progress({ progress }: { readonly progress: MoveProgress }) {
  return (
    <div className="run-progress">
      <ProgressBar label="Memory sent" done={progress.percent} of={100} />
      <p className="row-sub">{moveProgressText(progress)}</p>
    </div>
  );
}

/** While it is safe the switchover can be stopped; then the button says why it no longer can. */
function StopButton({ run }: { readonly run: RunView }) {
  return (
    <Button look="danger" onPress={() => void stopRun(run.id)} off={run.stopRefused}>
      Stop the switchover
    </Button>
  );
}

function Footer({ run }: { readonly run: RunView }) {
  if (run.failure !== null) return <FailureText failure={run.failure} />;
  if (run.state === 'done') {
    const result = runResult(run, ', as seen from here');
    return result === null ? null : <p>{result}</p>;
  }
  return (
    <>
      <p className="quiet">{run.stopRefused ?? 'It can still be stopped without harm.'}</p>
      <p className="quiet">It goes on when this window is closed.</p>
    </>
  );
}

/** The steps with their seconds; then the result, and the way back. */
export function SwitchOverDuring({
  run,
  onBack,
}: {
  readonly run: RunView;
  readonly onBack: (to: string) => void;
}) {
  const elapsedMs = useElapsed(run);
  const { state, switchBackTo, expectedPauseMs, isLive, progress } = run;
  return (
    <Dialog
      title={titles[state](run)}
      onClose={closeDialog}
      buttons={
        <>
          {state === 'under-way' ? <StopButton run={run} /> : null}
          {state === 'done' && switchBackTo !== null ? (
            <Button onPress={() => onBack(switchBackTo)}>{`Switch back to ${switchBackTo}`}</Button>
          ) : null}
          <Button onPress={closeDialog} look={state === 'under-way' ? 'plain' : 'primary'}>
            Close
          </Button>
        </>
      }
    >
      <p className="run-clock">
        <span role="timer">{runSeconds(elapsedMs)}</span>
        {state === 'under-way' && expectedPauseMs !== null ? (
          <span className="row-sub">{`expected: ${isLive ? 'a standstill of ' : ''}about ${duration(expectedPauseMs)}${isLive ? '' : ' without the VM'}`}</span>
        ) : null}
      </p>
      {progress === null ? null : <Progress progress={progress} />}
      <RunSteps run={run} />
      <Footer run={run} />
    </Dialog>
  );
}
