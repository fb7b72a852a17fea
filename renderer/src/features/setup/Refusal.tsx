import { FailureText } from '../../ui/FailureText.tsx';
import { useRefusal } from './setupStore.ts';

/** Why the app refused what was asked for here, until it is asked again. */
export function Refusal({ question }: { readonly question: string }) {
  const failure = useRefusal(question);
  if (failure === null) return null;
  return (
    <div className="refusal" role="alert">
      <FailureText failure={failure} />
    </div>
  );
}
