import * as z from 'zod/mini';
import { type Figure, printable } from './reading.ts';
import { runBounded } from './runBounded.ts';

/** A disk that hangs answers late or never; its answer is a few KiB. */
const DEADLINE_MS = 20_000;
const MAX_BYTES = 262_144;
/** Those of the system are few; the store's disks are mostly elsewhere. */
const MAX_DISKS = 16;

const count = z.optional(z.number().check(z.gte(0)));
const Scan = z.object({
  devices: z.array(
    z.object({ name: z.string().check(z.regex(/^\/dev\/[A-Za-z0-9/_-]{1,60}$/)), type: z.string() }),
  ),
});
const Report = z.object({
  model_name: z.optional(z.string()),
  smart_status: z.optional(z.object({ passed: z.boolean() })),
  ata_smart_attributes: z.optional(
    z.object({
      table: z.array(z.object({ id: z.int(), raw: z.object({ value: z.number() }) })).check(z.maxLength(256)),
    }),
  ),
  nvme_smart_health_information_log: z.optional(
    z.object({
      critical_warning: count,
      available_spare: count,
      available_spare_threshold: count,
      percentage_used: count,
      media_errors: count,
    }),
  ),
});

/**
 * Attributes whose count is zero on a healthy disk, and goes with disks that fail (Backblaze's drive statistics, and
 * Pinheiro et al. 2007): sectors that were replaced, reported as unreadable, wait to be replaced, can't be read.
 */
const TELLING = new Map([
  [5, 'sectors replaced'],
  [187, 'errors not corrected'],
  [197, 'sectors waiting to be replaced'],
  [198, 'sectors that can not be read'],
]);
/** The maker's own estimate of a solid-state disk's life is used up. */
const WORN_PERCENT = 100;

export function diskFigure(name: string, json: string): Figure | null {
  const parsed = parsedAs(Report, json);
  if (parsed === null) return null;
  const signs = [...ataSigns(parsed), ...nvmeSigns(parsed)];
  const isFailing = parsed.smart_status?.passed === false || signs.some(({ level }) => level === 'failing');
  if (parsed.smart_status === undefined && signs.length === 0) return null;
  const worst = isFailing ? 'failing' : signs.length > 0 ? 'worrying' : 'fine';
  const texts = [
    ...(parsed.smart_status?.passed === false ? ['it says of itself that it fails'] : []),
    ...signs.map(({ text }) => text),
  ];
  const called = printable(`${name} ${parsed.model_name ?? ''}`)
    .trim()
    .slice(0, 80);
  return {
    level: worst,
    evidence: `${called}: ${texts.length === 0 ? 'passes its own test' : texts.join(', ')}`,
  };
}

type SignOf = { readonly level: 'worrying' | 'failing'; readonly text: string };
type DiskReport = z.infer<typeof Report>;

function ataSigns({ ata_smart_attributes: attributes }: DiskReport): SignOf[] {
  return (attributes?.table ?? []).flatMap(({ id, raw }) => {
    const what = TELLING.get(id);
    return what === undefined || raw.value <= 0
      ? []
      : [{ level: 'worrying' as const, text: `${raw.value} ${what}` }];
  });
}

function nvmeSigns({ nvme_smart_health_information_log: log }: DiskReport): SignOf[] {
  if (log === undefined) return [];
  const {
    critical_warning = 0,
    available_spare,
    available_spare_threshold,
    percentage_used = 0,
    media_errors = 0,
  } = log;
  const isShort =
    available_spare !== undefined &&
    available_spare_threshold !== undefined &&
    available_spare < available_spare_threshold;
  return [
    ...(critical_warning > 0
      ? [{ level: 'failing' as const, text: `critical warning ${critical_warning}` }]
      : []),
    ...(isShort
      ? [{ level: 'failing' as const, text: `${available_spare} % of its spare blocks left` }]
      : []),
    ...(media_errors > 0
      ? [{ level: 'worrying' as const, text: `${media_errors} errors not corrected` }]
      : []),
    ...(percentage_used >= WORN_PERCENT
      ? [{ level: 'worrying' as const, text: `${percentage_used} % of its life used` }]
      : []),
  ];
}

function parsedAs<Value>(schema: z.ZodMiniType<Value>, json: string): Value | null {
  try {
    const parsed = schema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Asks smartctl, where it is installed, one disk after the other. */
export async function readDisks(run = runBounded): Promise<readonly Figure[]> {
  const found = await run('smartctl', ['--scan', '-j'], DEADLINE_MS, MAX_BYTES);
  const scan = found === null ? null : parsedAs(Scan, found);
  const figures: Figure[] = [];
  for (const { name } of (scan?.devices ?? []).slice(0, MAX_DISKS)) {
    // A disk that sleeps is left asleep.
    const report = await run(
      'smartctl',
      ['-n', 'standby', '-H', '-A', '-i', '-j', name],
      DEADLINE_MS,
      MAX_BYTES,
    );
    const figure = report === null ? null : diskFigure(name, report);
    if (figure !== null) figures.push(figure);
  }
  return figures;
}
