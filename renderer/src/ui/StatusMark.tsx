import type { Word } from '../../../electron/ipc/views.ts';
import { words } from '../text/en.ts';

/** A state's shape: told apart without colour. The word itself always stands beside it, so the shape is decoration. */
export function StatusMark({
  word,
  size = 'small',
}: {
  readonly word: Word;
  readonly size?: 'small' | 'large';
}) {
  return (
    <svg className={`mark mark-${word} mark-${size}`} viewBox="0 0 16 16" aria-hidden="true">
      <Shape word={word} />
    </svg>
  );
}

function Shape({ word }: { readonly word: Word }) {
  switch (word) {
    case 'protected':
      return (
        <>
          <circle className="fill" cx="8" cy="8" r="7" />
          <path className="cut" d="M4.8 8.3l2.2 2.2 4.3-4.7" />
        </>
      );
    case 'working':
      return (
        <>
          <circle className="track" cx="8" cy="8" r="5.8" />
          <path className="arc" d="M8 2.2a5.8 5.8 0 0 1 5.8 5.8" />
        </>
      );
    case 'at-risk':
      return (
        <>
          <path className="fill" d="M8 1.2 15.4 14.4H.6z" />
          <path className="cut" d="M8 6v4M8 12v.2" />
        </>
      );
    case 'not-protected':
      return (
        <>
          <rect className="fill" x="1.5" y="1.5" width="13" height="13" rx="1.5" />
          <path className="cut" d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" />
        </>
      );
    case 'paused':
      return <path className="bars" d="M5.2 3v10M10.8 3v10" />;
    case 'not-known':
      return (
        <>
          <circle className="outline" cx="8" cy="8" r="6.6" />
          <path className="question" d="M6.1 6.4a1.9 1.9 0 1 1 2.7 1.7c-.5.3-.8.6-.8 1.2M8 11.4v.2" />
        </>
      );
  }
}

/** Shape and word together. */
export function Status({ word, label }: { readonly word: Word; readonly label?: string }) {
  return (
    <span className={`status status-${word}`}>
      <StatusMark word={word} />
      <span>{label ?? words[word]}</span>
    </span>
  );
}
