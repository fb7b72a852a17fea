import type { GroupView } from '../../../electron/ipc/views.ts';
import { useAppSilent } from '../store/selectors.ts';
import { words } from '../text/en.ts';
import { StatusMark } from '../ui/StatusMark.tsx';

/** The answer to "am I protected, and if not, what do I do?". Announced when it changes. */
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
      <output className="banner-text" aria-live={verdict.word === 'not-protected' ? 'assertive' : 'polite'}>
        <span className="banner-word">{words[verdict.word]}</span>
        <span className="banner-sentence">{verdict.sentence}</span>
        {verdict.suggestion === null ? null : <span className="banner-suggestion">{verdict.suggestion}</span>}
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
