import type { ReactNode } from 'react';

/** A word of the trade, explained where it is first met and folded away for those who know it. */
export function Explain({ question, children }: { readonly question: string; readonly children: ReactNode }) {
  return (
    <details className="explain">
      <summary>{question}</summary>
      <div>{children}</div>
    </details>
  );
}
