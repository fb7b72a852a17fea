import type { Failure } from '../../../agent/protocol/failure.ts';

/** What happened, what it means, what to do. */
export function FailureText({ failure }: { readonly failure: Failure }) {
  return (
    <div className="failure">
      <p className="failure-message">{failure.message}</p>
      {failure.meaning === undefined ? null : <p>{failure.meaning}</p>}
      {failure.fix === undefined ? null : <p className="failure-fix">{failure.fix}</p>}
      <p className="failure-code">{failure.code}</p>
    </div>
  );
}
