import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export const help = `Usage: npm run simulate -- FILE.json [--seed N] [--trace]
       npm run simulate -- --scenarios [FILE.json ...] [--rewrite]
       npm run simulate -- --campaign N [--seed S] [--hosts 2|3|4] [--minutes M] [--jobs J] [--out DIR] [--coverage]
       npm run simulate -- --exhaustive
       npm run simulate -- --mutants

  FILE.json     runs one scenario and prints one JSON object; --trace writes the log of what happened to stderr
  --scenarios   runs the files of test/scenarios, or those named, and compares each log with the golden log beside it;
                --rewrite writes the golden logs anew, to be read before they are committed
  --campaign    runs N random worlds; --hosts and --minutes (of faults) fix what is random otherwise; --jobs processes
                (1). A world that fails is made as small as it gets and written to DIR (out/simulator)
  --coverage    says which states and transitions the campaign reached, and which lines of agent/core it never ran
  --exhaustive  the small models: every interleaving within their bounds
  --mutants     takes the safety rules out of the code one at a time; each must be found
  --seed        of the small random things of a world (1), or of a campaign's first world (a new one each time)

Exit status: 0 all well, 1 something is not, 2 wrong usage or a scenario that can't be read.
`;

export type Options =
  | { readonly kind: 'help' }
  | { readonly kind: 'file'; readonly file: string; readonly seed: number; readonly trace: boolean }
  | { readonly kind: 'scenarios'; readonly files: readonly string[]; readonly rewrite: boolean }
  | {
      readonly kind: 'campaign';
      readonly worlds: number;
      readonly seed: number;
      readonly hosts: number | null;
      readonly minutes: number | null;
      readonly jobs: number;
      readonly out: string;
      readonly coverage: boolean;
    }
  | { readonly kind: 'exhaustive' }
  | { readonly kind: 'mutants' };

/** Wrong usage; the message says what to change. */
export class UsageError extends Error {}

export const SCENARIO_SEED = 1;
/** Seeds are 0 to 2^32 - 1; after the last comes the first. */
export const SEEDS = 2 ** 32;
const MOST_WORLDS = 1_000_000_000;
const MOST_JOBS = 64;
const MOST_MINUTES = 60;

/** Which flags go with which way of running. */
const flagsOf = {
  scenarios: ['rewrite'],
  campaign: ['seed', 'hosts', 'minutes', 'jobs', 'out', 'coverage'],
  exhaustive: [],
  mutants: [],
  file: ['seed', 'trace'],
} as const;
type Way = keyof typeof flagsOf;

export function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  if (values.help === true) return { kind: 'help' };
  const ways = (['scenarios', 'campaign', 'exhaustive', 'mutants'] as const).filter(
    (way) => values[way] !== undefined,
  );
  if (ways.length > 1) throw new UsageError(`--${ways.join(' and --')} do not go together.`);
  const way: Way = ways[0] ?? 'file';
  const taken: readonly string[] = [...flagsOf[way], way];
  const stray = Object.keys(values).find((flag) => !taken.includes(flag));
  if (stray !== undefined) {
    const known = flagsOf[way].map((flag) => `--${flag}`).join(', ');
    const whose = way === 'file' ? 'A scenario file' : `--${way}`;
    throw new UsageError(`${whose} does not go with --${stray}${known === '' ? '' : `. Known: ${known}`}.`);
  }
  if (way === 'scenarios') return { kind: way, files: positionals, rewrite: values.rewrite === true };
  if (way === 'file') return fileOptions(positionals, values);
  if (positionals[0] !== undefined) throw new UsageError(`--${way} does not take "${positionals[0]}".`);
  if (way !== 'campaign') return { kind: way };
  return {
    kind: way,
    worlds: whole('campaign', values.campaign, 1, MOST_WORLDS),
    seed: values.seed === undefined ? randomInt(SEEDS) : whole('seed', values.seed, 0, SEEDS - 1),
    hosts: values.hosts === undefined ? null : whole('hosts', values.hosts, 2, 4),
    minutes: values.minutes === undefined ? null : whole('minutes', values.minutes, 1, MOST_MINUTES),
    jobs: values.jobs === undefined ? 1 : whole('jobs', values.jobs, 1, MOST_JOBS),
    out: values.out ?? 'out/simulator',
    coverage: values.coverage === true,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        seed: { type: 'string' },
        trace: { type: 'boolean' },
        scenarios: { type: 'boolean' },
        rewrite: { type: 'boolean' },
        campaign: { type: 'string' },
        hosts: { type: 'string' },
        minutes: { type: 'string' },
        jobs: { type: 'string' },
        out: { type: 'string' },
        coverage: { type: 'boolean' },
        exhaustive: { type: 'boolean' },
        mutants: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'Wrong usage');
  }
}

function fileOptions(
  positionals: readonly string[],
  values: { readonly seed?: string | undefined; readonly trace?: boolean | undefined },
): Options {
  const [file, second] = positionals;
  if (file === undefined) throw new UsageError('Name a scenario file, or say what to run.');
  if (second !== undefined) {
    throw new UsageError(`One scenario at a time, not also "${second}"; --scenarios runs several.`);
  }
  const seed = values.seed === undefined ? SCENARIO_SEED : whole('seed', values.seed, 0, SEEDS - 1);
  return { kind: 'file', file, seed, trace: values.trace === true };
}

function whole(flag: string, text: string | undefined, least: number, most: number): number {
  const value = /^\d{1,10}$/u.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${flag} wants a whole number from ${least} to ${most}, not "${text ?? ''}".`);
}
