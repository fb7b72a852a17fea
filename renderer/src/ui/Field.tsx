import { useId, type ReactNode } from 'react';

/** What a control needs to be tied to its label, its hint and what is wrong with it. */
interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
}

interface FieldProps {
  readonly label: string;
  /** What to enter, in a sentence; stays while there is something wrong. */
  readonly hint?: ReactNode;
  /** What is wrong with the value and what is right; null: nothing. */
  readonly wrong?: string | null;
}

/** A label above a control, with its hint and its fault right below it and read out with it. */
export function Field({
  label,
  hint,
  wrong = null,
  control,
}: FieldProps & { readonly control: (ids: FieldIds) => ReactNode }) {
  const id = useId();
  const described = [hint === undefined ? '' : `${id}-hint`, wrong === null ? '' : `${id}-wrong`];
  const describedBy = described.filter((each) => each !== '').join(' ');
  return (
    <div className={wrong === null ? 'field' : 'field field-is-wrong'}>
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {control({
        id,
        'aria-describedby': describedBy === '' ? undefined : describedBy,
        'aria-invalid': wrong === null ? undefined : true,
      })}
      {wrong === null ? null : (
        <p className="field-wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
      {hint === undefined ? null : (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** Longest text that any field of the product takes; the app's own limits are narrower. */
const MAX_TEXT = 4096;

export function TextField({
  value,
  onChange,
  kind = 'text',
  placeholder,
  name,
  focusFirst = false,
  ...field
}: FieldProps & {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** `number` stays a text field: a spinner that the mouse wheel turns has no place beside a port. */
  readonly kind?: 'text' | 'number' | 'password' | 'path';
  readonly placeholder?: string;
  /** The name that the app's refusals use for it: the page finds the field by it. */
  readonly name?: string;
  readonly focusFirst?: boolean;
}) {
  return (
    <Field
      {...field}
      control={(ids) => (
        <input
          {...ids}
          className={`control control-${kind}`}
          type={kind === 'password' ? 'password' : 'text'}
          inputMode={kind === 'number' ? 'numeric' : undefined}
          name={name}
          value={value}
          placeholder={placeholder}
          maxLength={MAX_TEXT}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          // A dialog focuses its first control by itself; a page does so only where typing is all that is left to do.
          // oxlint would warn of every autofocus: this one follows the user's own step.
          ref={focusFirst ? focusOnce : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    />
  );
}

function focusOnce(element: HTMLInputElement | null): void {
  element?.focus({ preventScroll: true });
}

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

export function SelectField<Value extends string>({
  value,
  choices,
  onChange,
  name,
  ...field
}: FieldProps & {
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly onChange: (value: Value) => void;
  readonly name?: string;
}) {
  return (
    <Field
      {...field}
      control={(ids) => (
        <select
          {...ids}
          className="control"
          name={name}
          value={value}
          onChange={(event) => {
            const chosen = choices.find((each) => each.value === event.target.value);
            if (chosen !== undefined) onChange(chosen.value);
          }}
        >
          {choices.map((each) => (
            <option key={each.value} value={each.value}>
              {each.label}
            </option>
          ))}
        </select>
      )}
    />
  );
}
