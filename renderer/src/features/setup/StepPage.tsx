import { ArrowLeft, ArrowRight } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import type { SetupStage, SetupView } from '../../../../electron/ipc/setup/views.ts';
import { go } from '../../store/actions.ts';
import { intros, stepTitles } from '../../text/setup.ts';
import { Button } from '../../ui/Button.tsx';
import { isPassed, neighbours, stagesOf } from './steps.ts';

const show = (page: SetupStage): void => go({ page: 'setup', groupId: null, item: page });

/** One step of the way: what it is for, its content, and the ways back and on. */
export function StepPage({
  setup,
  page,
  children,
  waitsFor,
  holds = false,
}: {
  readonly setup: SetupView;
  readonly page: SetupStage;
  readonly children: ReactNode;
  /** What is to be done here before it goes on; shown as the reason while it does not. */
  readonly waitsFor: string;
  /** Something is under way that the next page rests on. */
  readonly holds?: boolean;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { before, after } = neighbours(setup, page);
  const goesOn = isPassed(setup, page) && !holds;
  const number = stagesOf(setup).indexOf(page) + 1;
  // A new page begins at its heading, for the eye and for the screen reader.
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }, [page]);
  return (
    <div className="step-page">
      <header className="step-head">
        <p className="quiet">{`Step ${number} of ${stagesOf(setup).length}`}</p>
        <h2 ref={heading} tabIndex={-1}>
          {stepTitles[page]}
        </h2>
        <p className="form-note">
          {setup.kind === 'connect' && page === 'hosts' ? connectIntro : intros[page]}
        </p>
      </header>
      {children}
      <footer className="step-foot">
        {before === null ? (
          <span />
        ) : (
          <Button onPress={() => show(before)}>
            <ArrowLeft aria-hidden="true" />
            {`Back to ${stepTitles[before]}`}
          </Button>
        )}
        {after === null ? null : (
          <div className="step-on">
            {goesOn ? null : <p className="quiet">{waitsFor}</p>}
            <Button
              look={goesOn ? 'primary' : 'plain'}
              onPress={() => show(after)}
              off={goesOn ? null : waitsFor}
            >
              {`Continue to ${stepTitles[after]}`}
              <ArrowRight aria-hidden="true" />
            </Button>
          </div>
        )}
      </footer>
    </div>
  );
}

const connectIntro =
  'Log in to one host of the group. It names the others, and this app logs in to them in the same way. Nothing is changed on any of them.';
