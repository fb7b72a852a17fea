import { useId, type ReactNode } from 'react';

export interface RadioCard<Value extends string> {
  readonly value: Value;
  readonly title: ReactNode;
  readonly text?: ReactNode;
  /** Why it can't be chosen; null when it can. It stays visible, with the reason. */
  readonly off?: string | null;
}

/** One of a few, each with what it means: native radio buttons, so the arrow keys work as everywhere. */
export function RadioCards<Value extends string>({
  legend,
  value,
  cards,
  onChange,
  columns = 1,
}: {
  readonly legend: string;
  readonly value: Value | null;
  readonly cards: readonly RadioCard<Value>[];
  readonly onChange: (value: Value) => void;
  readonly columns?: 1 | 2 | 3;
}) {
  const name = useId();
  return (
    <fieldset className={`cards cards-${columns}`}>
      <legend className="field-label">{legend}</legend>
      {cards.map((card, index) => {
        const off = card.off ?? null;
        const textId = `${name}-${index}`;
        return (
          <label key={card.value} className={off === null ? 'card' : 'card card-off'}>
            <input
              type="radio"
              name={name}
              value={card.value}
              checked={card.value === value}
              disabled={off !== null}
              aria-describedby={textId}
              onChange={() => onChange(card.value)}
            />
            <span className="card-title">{card.title}</span>
            <span className="card-text" id={textId}>
              {card.text}
              {off === null ? null : <span className="card-refused">{off}</span>}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
