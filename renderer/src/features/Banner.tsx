import type { LiveGroup } from '../store/live.ts';
import { routeHash } from '../store/route.ts';
import { useAppSilent } from '../store/selectors.ts';
import { words } from '../text/en.ts';
import { StatusMark } from '../ui/StatusMark.tsx';
import { useFailingChecks } from './setup/setupStore.ts';

/** With more hosts the banner would become a list; the panel below has them all. */
const WHAT_IFS_SHOWN = 3;

/** One suggestion at a time: what is wrong now goes before what the daily report found. */
function FailedChecks({ groupId }: { readonly groupId: string }) {
  const failing = useFailingChecks(groupId);
  if (failing === 0) return null;
  return (
    <p className="banner-suggestion">
      {failing === 1 ? 'One of the checks failed. ' : `${failing} of the checks failed. `}
      <a href={routeHash({ page: 'checks', groupId })}>See the report</a>
    </p>
  );
}

/** The answer to "am I protected, and if not, what do I do?". */
export function Banner({ group }: { readonly group: LiveGroup }) {
  const silent = useAppSilent();
  const verdict = silent
    ? {
        word: 'not-known' as const,
        sentence: 'The app behind this window does not answer. The hosts go on by themselves.',
        suggestion: 'Start it again with npm start. What you see below is old.',
      }
    : group.verdict;
  return (
    <section className={`banner banner-${verdict.word}`} aria-label="State of the group">
      <StatusMark word={verdict.word} size="large" />
      <div className="banner-text">
        <p className="banner-word">{words[verdict.word]}</p>
        <p className="banner-sentence">{verdict.sentence}</p>
        {verdict.suggestion === null ? (
          <FailedChecks groupId={group.id} />
        ) : (
          <p className="banner-suggestion">{verdict.suggestion}</p>
        )}
      </div>
      {group.whatIf.length === 0 || group.whatIf.length > WHAT_IFS_SHOWN || silent ? null : (
        <dl className="what-if" aria-label="What would happen now">
          {group.whatIf.map(({ host, sentence }) => (
            <div key={host}>
              <dt>{`If ${host} fails`}</dt>
              <dd>{sentence}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
