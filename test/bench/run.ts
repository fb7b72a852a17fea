import { existsSync } from 'node:fs';
import { findMissing } from '../lab/doctor.ts';
import { runCommand } from '../../build/command.ts';
import { bundle } from '../../build/bundle.ts';
import { machineLine } from './machine.ts';

/** Each benchmark is a program of its own, so that one cannot warm up or disturb the next. */
const DEADLINE_MS = 30 * 60_000;

interface Benchmark {
  readonly name: string;
  readonly script: string;
  /** Why it can't run on this machine; null when it can. */
  readonly unable: () => string | null;
}

const labReason = (): string | null =>
  findMissing().length === 0 ? null : 'the lab needs more of this machine: npm run lab -- doctor';

const benchmarks: readonly Benchmark[] = [
  {
    name: 'libvirt',
    script: 'test/bench/libvirt.ts',
    unable: () =>
      existsSync('/usr/sbin/libvirtd') && process.getuid?.() === 0 ? null : 'it needs root and libvirtd',
  },
  { name: 'simulator', script: 'test/bench/simulator.ts', unable: () => null },
  {
    name: 'app',
    script: 'test/bench/app.ts',
    unable: () => (existsSync('/usr/bin/chromium') ? null : 'it needs Chromium'),
  },
  { name: 'failover', script: 'test/bench/failover.ts', unable: labReason },
  { name: 'live', script: 'test/bench/live.ts', unable: labReason },
  { name: 'rest', script: 'test/bench/rest.ts', unable: labReason },
];

const wanted = new Set(process.argv.slice(2));
const unknown = [...wanted].filter((name) => !benchmarks.some((each) => each.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `No benchmark ${unknown.join(', ')}. Known: ${benchmarks.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
process.stdout.write(`machine: ${machineLine()}\n`);
await bundle({ allArchitectures: false });
let failed = false;
for (const { name, script, unable } of benchmarks.filter(
  (each) => wanted.size === 0 || wanted.has(each.name),
)) {
  const reason = unable();
  process.stdout.write(`\n== ${name}${reason === null ? '' : `: not run, ${reason}`}\n`);
  if (reason !== null) continue;
  const run = await runCommand('node', [script], { deadlineMs: DEADLINE_MS, show: true });
  failed ||= run.exitCode !== 0;
}
process.exitCode = failed ? 1 : 0;
