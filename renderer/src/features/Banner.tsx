import type { GroupView } from '../../../electron/ipc/views.ts';
import { useAppSilent } from '../store/selectors.ts';
import { words } from '../text/en.ts';
import { StatusMark } from '../ui/StatusMark.tsx';

/**
 * The answer to "am I protected, and if not, what do I do?". A screen reader is told when the word changes; the sentence
 * counts seconds and would never let it finish.
 */
export function Banner({ group }: { readonly group: GroupView }) {
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
        {verdict.suggestion === null ? null : <p className="banner-suggestion">{verdict.suggestion}</p>}
      </div>
      <output
        className="visually-hidden"
        aria-live={verdict.word === 'not-protected' ? 'assertive' : 'polite'}
      >
        {`${group.name}: ${words[verdict.word]}`}
      </output>
      {group.whatIf.length === 0 || silent ? null : (
        <dl className="what-if" aria-label="What would happen now">
          {group.whatIf.slice(0, 3).map(({ host, sentence }) => (
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
