import { useId, type ReactNode } from 'react';

/** A native check box with its label beside it and, where it has consequences, a sentence below it. */
export function Checkbox({
  label,
  hint,
  on,
  onChange,
  off = null,
  mixed = false,
  hideLabel = false,
}: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  /** Why it can't be changed; null when it can. */
  readonly off?: string | null;
  /** Some but not all of what it stands for. */
  readonly mixed?: boolean;
  /** Read out only: where a table's row says what it is about. */
  readonly hideLabel?: boolean;
}) {
  const id = useId();
  const hintId = hint === undefined && off === null ? undefined : `${id}-hint`;
  return (
    <div className="checkbox">
      <input
        id={id}
        type="checkbox"
        checked={on}
        aria-describedby={hintId}
        aria-disabled={off !== null}
        title={off ?? undefined}
        ref={(element) => {
          if (element !== null) element.indeterminate = mixed && !on;
        }}
        onChange={(event) => {
          if (off === null) onChange(event.target.checked);
        }}
      />
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : undefined}>
        {label}
      </label>
      {hintId === undefined ? null : (
        <p id={hintId} className={hint === undefined ? 'visually-hidden' : 'field-hint'}>
          {hint ?? off}
        </p>
      )}
    </div>
  );
}
