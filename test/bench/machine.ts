import { cpus, release, totalmem } from 'node:os';

/** The machine on which figures were measured, in a line: a figure without it says nothing. */
export function machineLine(): string {
  const [first] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${first?.model ?? 'unknown CPU'}, ${memoryGiB} GiB, Linux ${release()}, Node ${process.versions.node}`;
}

export interface Spread {
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return {
    n: sorted.length,
    min: at(0),
    median: at(Math.floor(sorted.length / 2)),
    max: at(sorted.length - 1),
  };
}

export function spreadText({ n, min, median, max }: Spread, unit: string, digits = 2): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median)} ${unit} [${text(min)} to ${text(max)}], n=${n}`;
}

/** One readable line now, and one JSON line that a program can collect. */
export function report(name: string, text: string, data: object): void {
  process.stdout.write(`${name}: ${text}\n${JSON.stringify({ benchmark: name, ...data })}\n`);
}
