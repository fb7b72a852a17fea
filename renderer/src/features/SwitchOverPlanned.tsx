import type {
  CheckLine,
  LiveWay,
  ShutDownWay,
  SwitchOverPlan,
} from '../../../electron/ipc/daily/switchOverViews.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { Checkbox } from '../ui/Checkbox.tsx';
import { type RadioCard, RadioCards } from '../ui/RadioCards.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';

/** What is wanted of the way: null leaves it to what can be done. */
export interface Wish {
  readonly way: 'live' | 'shutdown' | null;
  /** A live move that fails is followed by a shutdown here and a start there. */
  readonly orShutDown: boolean;
}

/** While it runs, wherever that can be: a wish for a way that is refused counts for nothing. */
export function wayOf({ live }: SwitchOverPlan, { way }: Wish): 'live' | 'shutdown' {
  return live.refused === null ? (way ?? 'live') : 'shutdown';
}

const marks = { passed: 'protected', warning: 'at-risk', failed: 'not-protected' } as const;

function Check({ line }: { readonly line: CheckLine }) {
  return (
    <li className="check">
      <StatusMark word={marks[line.state]} />
      <span>
        <span className="visually-hidden">{`${line.state}: `}</span>
        <strong>{line.title}</strong> {line.evidence}
        {line.whatToDo === null ? null : <span className="reason-fix">{` ${line.whatToDo}`}</span>}
      </span>
    </li>
  );
}

/** All is well in one line; what is not, line by line first. */
function Checks({ checks }: { readonly checks: readonly CheckLine[] }) {
  const troubled = checks.filter(({ state }) => state !== 'passed');
  const passed = checks.filter(({ state }) => state === 'passed');
  return (
    <>
      {troubled.length === 0 ? (
        <p className="check">
          <StatusMark word="protected" />
          {`Checked just now: nothing speaks against it.`}
        </p>
      ) : (
        <ul className="check-list">
          {troubled.map((line) => (
            <Check key={line.id} line={line} />
          ))}
        </ul>
      )}
      {passed.length === 0 ? null : (
        <details className="explain">
          <summary>{`${passed.length} checks passed`}</summary>
          <ul className="check-list">
            {passed.map((line) => (
              <Check key={line.id} line={line} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

const pauseOf = (ms: number | null): string =>
  ms === null ? 'a time not known yet' : `about ${duration(ms)}`;

function Ways(props: {
  readonly plan: SwitchOverPlan;
  readonly wish: Wish;
  readonly onWish: (wish: Wish) => void;
}) {
  const { plan, wish, onWish } = props;
  const { live, shutDown } = plan;
  const way = wayOf(plan, wish);
  const cards: readonly RadioCard<'live' | 'shutdown'>[] = [
    {
      value: 'live',
      title: 'Move it while it runs',
      text:
        live.refused === null
          ? `It stands still for ${pauseOf(live.expectedPauseMs)}, without a restart.`
          : '',
      off: live.refused,
    },
    {
      value: 'shutdown',
      title: 'Shut it down and start it there',
      text: `It is away for ${pauseOf(shutDown.expectedPauseMs)}.`,
    },
  ];
  return (
    <>
      <RadioCards
        legend="How it moves"
        value={way}
        cards={cards}
        columns={2}
        onChange={(chosen) => onWish({ ...wish, way: chosen })}
      />
      {way === 'live' ? (
        <Checkbox
          label="If that fails, shut it down and start it there"
          hint={
            wish.orShutDown
              ? `It is away for ${pauseOf(shutDown.expectedPauseMs)} then.`
              : 'Otherwise it stays where it is.'
          }
          on={wish.orShutDown}
          onChange={(orShutDown) => onWish({ ...wish, orShutDown })}
        />
      ) : null}
    </>
  );
}

function basisOf({ expectedPauseMs, basis }: ShutDownWay): string {
  if (expectedPauseMs === null) return 'It was never started under watch.';
  return basis === 'seen' ? 'As its earlier starts took.' : 'Assumed: no start of it was seen yet.';
}

function Facts({
  title,
  basis,
  way,
}: {
  readonly title: string;
  readonly basis: string;
  readonly way: ShutDownWay | LiveWay;
}) {
  const { expectedPauseMs, risk, steps } = way;
  return (
    <>
      <dl className="plan-facts">
        <div>
          <dt>{title}</dt>
          <dd>
            {expectedPauseMs === null ? 'not known yet' : pauseOf(expectedPauseMs)}
            <span className="row-sub">{basis}</span>
          </dd>
        </div>
        <div>
          <dt>Data at risk</dt>
          <dd className={risk === null ? '' : 'plan-risk'}>
            {risk ?? 'None'}
            {risk === null ? <span className="row-sub">Its disks stay where they are.</span> : null}
          </dd>
        </div>
      </dl>
      <ol className="plan-steps" aria-label="What will happen">
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </>
  );
}

/** The ways it can go, what the chosen one means, and the checks. */
export function SwitchOverPlanned(props: {
  readonly plan: SwitchOverPlan;
  readonly wish: Wish;
  readonly onWish: (wish: Wish) => void;
}) {
  const { plan, wish } = props;
  return (
    <>
      <Ways {...props} />
      {wayOf(plan, wish) === 'live' ? (
        <Facts
          title={`${plan.vmName} stands still for`}
          basis="Longer when it is busy writing to its memory."
          way={plan.live}
        />
      ) : (
        <Facts title={`${plan.vmName} is away for`} basis={basisOf(plan.shutDown)} way={plan.shutDown} />
      )}
      <Checks checks={plan.checks} />
    </>
  );
}
