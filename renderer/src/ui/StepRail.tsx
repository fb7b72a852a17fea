import { StatusMark } from './StatusMark.tsx';

export interface RailStep<Id extends string> {
  readonly id: Id;
  readonly title: string;
  /** What is known of it by now, in two or three words: "2 hosts", "1 failed". */
  readonly detail: string | null;
  readonly state: 'done' | 'open' | 'failed' | 'locked';
}

const marks = { done: 'protected', open: null, failed: 'not-protected', locked: null } as const;
const spoken = { done: 'done', open: 'can be done', failed: 'needs attention', locked: 'not yet' } as const;

/** Where one is in a long way: all steps are visible from the start, and each one reached can be gone back to. */
export function StepRail<Id extends string>({
  label,
  steps,
  current,
  onGo,
}: {
  readonly label: string;
  readonly steps: readonly RailStep<Id>[];
  readonly current: Id;
  readonly onGo: (id: Id) => void;
}) {
  return (
    <nav className="step-rail" aria-label={label}>
      <ol>
        {steps.map((step, index) => {
          const mark = marks[step.state];
          const locked = step.state === 'locked';
          return (
            <li key={step.id}>
              <button
                type="button"
                className={`rail-step rail-step-${step.state}`}
                aria-current={step.id === current ? 'step' : undefined}
                aria-disabled={locked}
                title={locked ? 'The steps before it come first.' : undefined}
                onClick={() => {
                  if (!locked) onGo(step.id);
                }}
              >
                <span className="rail-step-mark" aria-hidden="true">
                  {mark === null ? index + 1 : <StatusMark word={mark} />}
                </span>
                <span className="rail-step-title">{step.title}</span>
                {step.detail === null ? null : <span className="rail-step-detail">{step.detail}</span>}
                <span className="visually-hidden">{`, ${spoken[step.state]}`}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
