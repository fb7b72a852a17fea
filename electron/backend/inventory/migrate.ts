/** What an older version of the file lacks, from that version to the next. Nothing is written until the next change. */
const steps: ReadonlyMap<unknown, (old: Readonly<Record<string, unknown>>) => Record<string, unknown>> =
  new Map([[1, (old) => ({ ...old, version: 2, setups: [] })]]);

/** An inventory of an older version as one of this version; anything else as it is, for the schema to refuse. Pure. */
export function migrated(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const record = value as Readonly<Record<string, unknown>>;
  const step = steps.get(record['version']);
  return step === undefined ? value : migrated(step(record));
}
