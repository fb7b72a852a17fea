import type { Failure } from '../protocol/failure.ts';
import type { CliIo } from './io.ts';

/** The product's words for how things are, each with a shape of its own, so that colour is never needed. */
export type Word = 'protected' | 'working' | 'at-risk' | 'not-protected' | 'paused' | 'not-known';

interface WordLook {
  readonly word: string;
  readonly shape: string;
  /** Where only ASCII can be shown. */
  readonly plainShape: string;
  /** SGR code. */
  readonly colour: number;
}

const looks: Readonly<Record<Word, WordLook>> = {
  protected: { word: 'Protected', shape: '✓', plainShape: '+', colour: 32 },
  working: { word: 'Working', shape: '⟳', plainShape: '~', colour: 34 },
  'at-risk': { word: 'At risk', shape: '!', plainShape: '!', colour: 33 },
  'not-protected': { word: 'Not protected', shape: '■', plainShape: 'X', colour: 31 },
  paused: { word: 'Paused', shape: '‖', plainShape: '=', colour: 90 },
  'not-known': { word: 'Not known', shape: '?', plainShape: '?', colour: 0 },
};

type Look = Pick<CliIo, 'colour' | 'unicode'>;

/** `✓ Protected`, in its colour where there is one. */
export function wordText(word: Word, { colour, unicode }: Look): string {
  const look = looks[word];
  const text = `${unicode ? look.shape : look.plainShape} ${look.word}`;
  return colour && look.colour !== 0 ? `\u001B[${look.colour}m${text}\u001B[0m` : text;
}

export function bold(text: string, { colour }: Look): string {
  return colour ? `\u001B[1m${text}\u001B[0m` : text;
}

/** A length of time as people say it; null: `-`. */
export function duration(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 100) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 100) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

/** Milliseconds with a digit where it matters: round trips and store latency; null: `-`. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '-';
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

const segmenter = new Intl.Segmenter();

/** Characters that are seen: without escape sequences. */
function widthOf(text: string): number {
  const [first = '', ...coloured] = text.split('\u001B');
  const plain = first + coloured.map((piece) => piece.slice(piece.indexOf('m') + 1)).join('');
  return [...segmenter.segment(plain)].length;
}

/** Rows as aligned columns under headings, indented by two. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], look: Look): string {
  const widths = headings.map((heading, column) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))).join('  ')}`.trimEnd();
  return [bold(line(headings), look), ...rows.map(line)].map((text) => `${text}\n`).join('');
}

/** What happened, what it means, what to do. */
export function failureText({ code, message, meaning, fix }: Failure): string {
  const lines = [`${message} [${code}]`, ...(meaning === undefined ? [] : [meaning])];
  return `${[...lines, ...(fix === undefined ? [] : [`What to do: ${fix}`])].join('\n')}\n`;
}
