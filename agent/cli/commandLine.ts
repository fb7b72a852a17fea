/** What one command takes. All options have a value, except those of `flags`. */
export interface CommandShape {
  readonly operands: readonly string[];
  /** Further operands that may be left out. */
  readonly mayFollow?: readonly string[];
  readonly flags: readonly string[];
  readonly options: readonly string[];
}

export interface ReadWords {
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly options: ReadonlyMap<string, string>;
}

/** Understood everywhere. `--root` (a demo host) has been used before the command line is read. */
const COMMON_FLAGS = ['--json', '--help', '-h'];
const COMMON_OPTIONS = ['--root'];

/** A command line that can't be carried out as it is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the words after the command; `--to=HOST` and `--to HOST` are the same. */
export function readWords(words: readonly string[], shape: CommandShape): ReadWords {
  const operands: string[] = [];
  const flags = new Set<string>();
  const options = new Map<string, string>();
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      operands.push(...queue.splice(0));
    } else if (!word.startsWith('-') || word === '-') {
      operands.push(word);
    } else {
      const [name = '', ...rest] = word.split('=');
      if ([...COMMON_FLAGS, ...shape.flags].includes(name)) {
        if (rest.length > 0) throw new UsageError(`${name} takes no value.`);
        flags.add(name === '-h' ? '--help' : name);
      } else if ([...COMMON_OPTIONS, ...shape.options].includes(name)) {
        const value = rest.length > 0 ? rest.join('=') : queue.shift();
        if (value === undefined || value === '') throw new UsageError(`${name} needs a value.`);
        if (options.has(name)) throw new UsageError(`${name} is given twice.`);
        options.set(name, value);
      } else {
        throw new UsageError(`There is no option ${name}.`);
      }
    }
  }
  if (flags.has('--help')) return { operands, flags, options };
  const missing = shape.operands[operands.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const surplus = operands[shape.operands.length + (shape.mayFollow?.length ?? 0)];
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is one word too many.`);
  return { operands, flags, options };
}

/** A whole number within bounds, or a UsageError that names the option. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${name} must be a whole number from ${least} to ${most}, not "${text}".`);
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time such as `90s`, `20m`, `2h` or `3d`, in ms, within bounds; or a UsageError that names the option. */
export function timeSpan(name: string, text: string, leastMs: number, mostMs: number): number {
  const match = /^([0-9]{1,9})([smhd])$/.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNITS_MS[match[2] ?? ''] ?? Number.NaN);
  if (ms >= leastMs && ms <= mostMs) return ms;
  const bounds = `from ${leastMs / 1000}s to ${mostMs / 86_400_000}d`;
  throw new UsageError(`${name} must be a time such as 20m or 2h, ${bounds}, not "${text}".`);
}
