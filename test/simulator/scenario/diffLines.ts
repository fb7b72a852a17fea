/** Unchanged lines that are shown around a change. */
const AROUND = 2;
const MOST_LINES_SHOWN = 60;

type Change = readonly [sign: '-' | '+' | ' ', line: string];

/** What differs between two texts, line by line, in the manner of diff; empty when they are the same. */
export function diffLines(before: string, after: string): string {
  if (before === after) return '';
  const changes = align(before.split('\n'), after.split('\n'));
  const isNear = (index: number): boolean =>
    changes.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(([sign]) => sign !== ' ');
  const shown: string[] = [];
  for (const [index, [sign, line]] of changes.entries()) {
    if (isNear(index)) shown.push(`${sign} ${line}`);
    else if (shown.length > 0 && shown.at(-1) !== '...') shown.push('...');
  }
  const rest = shown.length - MOST_LINES_SHOWN;
  return [...shown.slice(0, MOST_LINES_SHOWN), ...(rest > 0 ? [`... and ${rest} lines more`] : [])].join(
    '\n',
  );
}

/** By the longest common subsequence of what is between the common beginning and the common end. */
function align(before: readonly string[], after: readonly string[]): Change[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end) === after.at(-1 - end)
  )
    end += 1;
  const same = (line: string): Change => [' ', line];
  return [
    ...before.slice(0, start).map(same),
    ...alignMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function alignMiddle(before: readonly string[], after: readonly string[]): Change[] {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const at = (one: number, other: number): number => common[one * width + other] ?? 0;
  for (let one = before.length - 1; one >= 0; one -= 1) {
    for (let other = after.length - 1; other >= 0; other -= 1) {
      common[one * width + other] =
        before[one] === after[other]
          ? at(one + 1, other + 1) + 1
          : Math.max(at(one + 1, other), at(one, other + 1));
    }
  }
  const changes: Change[] = [];
  let one = 0;
  let other = 0;
  while (one < before.length || other < after.length) {
    const gone = before[one];
    const come = after[other];
    if (gone !== undefined && gone === come) {
      changes.push([' ', gone]);
      one += 1;
      other += 1;
    } else if (gone !== undefined && (come === undefined || at(one + 1, other) >= at(one, other + 1))) {
      changes.push(['-', gone]);
      one += 1;
    } else {
      changes.push(['+', come ?? '']);
      other += 1;
    }
  }
  return changes;
}
