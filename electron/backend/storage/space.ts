import { type HostSession, runChecked } from '../ssh/session.ts';

export interface Space {
  readonly sizeBytes: number;
  readonly freeBytes: number;
}

/** A hung mount is not waited for longer; it has no numbers then. */
const script = `for path; do
  timeout -k 1 5 df -Pk -- "$path" 2>/dev/null | awk -v path="$path" 'NR == 2 { print $2, $4, path }'
done`;

/** Size and free room of file systems by the paths asked for. */
export async function storeSpace(
  session: HostSession,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Space>> {
  if (paths.length === 0) return new Map();
  const run = { what: 'looking for free space', script, args: paths };
  const lines = (await runChecked(session, run, 'host.facts-failed')).trim().split('\n');
  return new Map(
    lines.flatMap((line) => {
      const found = /^(\d+) (\d+) (.+)$/.exec(line);
      if (found === null) return [];
      return [
        [found[3] ?? '', { sizeBytes: Number(found[1]) * 1024, freeBytes: Number(found[2]) * 1024 }] as const,
      ];
    }),
  );
}
