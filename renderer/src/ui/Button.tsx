import type { ReactNode } from 'react';

interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress: () => void;
  readonly look?: 'plain' | 'primary' | 'quiet' | 'danger';
  /** Why it can't be pressed now; null when it can. Shown as its description. */
  readonly off?: string | null;
  /** For the screen reader, where the visible text leans on what stands around it. */
  readonly label?: string;
}

/** A native button. When it is off it stays focusable and says why. */
export function Button({ children, onPress, look = 'plain', off = null, label }: ButtonProps) {
  return (
    <button
      type="button"
      className={`button button-${look}`}
      aria-disabled={off !== null}
      title={off ?? undefined}
      aria-label={label}
      onClick={() => {
        if (off === null) onPress();
      }}
    >
      {children}
    </button>
  );
}
