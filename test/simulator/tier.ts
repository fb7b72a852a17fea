import { availableParallelism } from 'node:os';
import { runSimulator } from './commands.ts';
import type { Terminal } from './terminal.ts';

/** What `npm test simulator` runs. The campaign has a new seed each time and prints it, so that it can be replayed. */
const WORLDS = '20000';
const MOST_JOBS = 8;
const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  lively: false,
};
const parts: readonly (readonly string[])[] = [
  ['--scenarios'],
  ['--exhaustive'],
  ['--mutants'],
  ['--campaign', WORLDS, '--jobs', `${Math.min(availableParallelism(), MOST_JOBS)}`],
];

const failed: string[] = [];
for (const part of parts) {
  const beganMs = performance.now();
  process.stdout.write(`\n== simulate ${part.join(' ')}\n`);
  if ((await runSimulator(part, terminal)) !== 0) failed.push(part[0] ?? '');
  process.stdout.write(`== ${((performance.now() - beganMs) / 1000).toFixed(0)} s\n`);
}
if (failed.length > 0) process.stdout.write(`FAILED: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
