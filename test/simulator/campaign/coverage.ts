import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The decisions whose every line a campaign should have run. */
const WATCHED = /^agent\/core\/(?!.*(?:\/testing\/|\.test\.ts$))/u;
const MOST_CHARACTERS_SHOWN = 90;

export interface FileCoverage {
  readonly file: string;
  readonly functions: number;
  readonly functionsRun: number;
  /** Pieces of code that never ran: the first line of each, counted from 1, and its text. */
  readonly unreached: readonly { readonly line: number; readonly lines: number; readonly text: string }[];
}

/** Runs something and says which code of agent/core it never ran, by V8's own counters. */
export async function measureCoverage(run: () => void): Promise<readonly FileCoverage[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    run();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result
      .filter(({ url }) => url.startsWith('file:'))
      .map((script) => ({ script, file: relative(root, fileURLToPath(script.url)) }))
      .filter(({ file }) => WATCHED.test(file))
      .map(({ script, file }) => fileCoverage(file, script.functions))
      .toSorted((one, other) => (one.file < other.file ? -1 : 1));
  } finally {
    session.disconnect();
  }
}

function fileCoverage(file: string, all: readonly Profiler.FunctionCoverage[]): FileCoverage {
  const text = readFileSync(`${root}${file}`, 'utf8');
  // The first is the module itself.
  const functions = all.filter(({ functionName }) => functionName !== '');
  const ranges = all.flatMap((one) => one.ranges.filter(({ count }) => count === 0));
  return {
    file,
    functions: functions.length,
    functionsRun: functions.filter(({ ranges: [whole] }) => (whole?.count ?? 0) > 0).length,
    unreached: outermost(ranges).flatMap(({ startOffset, endOffset }) => piece(text, startOffset, endOffset)),
  };
}

type Range = Pick<Profiler.CoverageRange, 'startOffset' | 'endOffset'>;

function outermost(ranges: readonly Range[]): readonly Range[] {
  const sorted = ranges.toSorted(
    (one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset,
  );
  let endOffset = -1;
  return sorted.filter((range) => {
    if (range.endOffset <= endOffset) return false;
    endOffset = range.endOffset;
    return true;
  });
}

/** Nothing for what holds only brackets and blanks: the end of a block after a return. */
function piece(text: string, startOffset: number, endOffset: number): FileCoverage['unreached'] {
  const source = text.slice(startOffset, endOffset);
  const blank = /^[\s{};)]*/u.exec(source)?.[0] ?? '';
  if (blank.length === source.length) return [];
  const line = text.slice(0, startOffset + blank.length).split('\n').length;
  const shown = source.slice(blank.length).split('\n')[0]?.trim().slice(0, MOST_CHARACTERS_SHOWN) ?? '';
  return [{ line, lines: source.trim().split('\n').length, text: shown }];
}

/** Parts of one line are mostly defaults that types ask for: they are counted, not told. */
function isTold({ lines }: FileCoverage['unreached'][number]): boolean {
  return lines > 1;
}

/** The report: what was reached by kind, then what was not, file by file. */
export function coverageText(files: readonly FileCoverage[], covered: ReadonlyMap<string, number>): string {
  const functions = files.reduce((sum, file) => sum + file.functions, 0);
  const run = files.reduce((sum, file) => sum + file.functionsRun, 0);
  const keys = [...covered].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return [
    `${covered.size} states and transitions were reached:`,
    ...keys.map(([key, times]) => `  ${`${times}`.padStart(9)}  ${key}`),
    `${run} of ${functions} functions of agent/core ran. What did not:`,
    ...files.flatMap(({ file, unreached }) =>
      unreached.filter(isTold).map(({ line, lines, text }) => `  ${file}:${line} (${lines} lines) ${text}`),
    ),
    `and ${files.reduce((sum, file) => sum + file.unreached.filter((one) => !isTold(one)).length, 0)} parts of single lines, such as a default`,
    '',
  ].join('\n');
}
