import { availableParallelism } from 'node:os';
import { runCommand } from './command.ts';

/** Longest a single gate may take; the whole check aims at 30 s. */
const GATE_DEADLINE_MS = 180_000;
/** Tests that wait for real processes, or play a whole world: `npm test` runs them, this check has half a minute. */
const slowTests = [
  'test/simulator/**',
  'agent/keeper/{keeperProcess,storeLane,loop}.test.ts',
  'agent/heartbeat/heartbeat.test.ts',
  'agent/selfCheck/**',
];
const quickTests: readonly string[] = ['vitest', 'run', '--config', 'build/vitest.config.ts'].concat(
  ['--reporter=dot', '--no-isolate'],
  slowTests.flatMap((pattern) => ['--exclude', pattern]),
);

const gates: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'types', command: ['tsc', '-b', '--pretty', 'false'] },
  { name: 'lint', command: ['oxlint', '--deny-warnings', '--type-aware'] },
  { name: 'format', command: ['biome', 'format', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'unit tests', command: quickTests },
];

/** Every gate runs even when another has failed: one look shows all that is wrong. */
async function check(): Promise<boolean> {
  const withoutTests = process.argv.includes('--without-tests');
  const waiting = gates.filter(({ name }) => !(withoutTests && name === 'unit tests'));
  let good = true;
  const work = async (): Promise<void> => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) {
      const startedMs = performance.now();
      const [command = '', ...args] = gate.command;
      const run = await runCommand(command, args, { deadlineMs: GATE_DEADLINE_MS });
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      const passed = run.exitCode === 0 && !run.timedOut;
      good &&= passed;
      process.stdout.write(`${passed ? 'passed' : 'FAILED'}  ${gate.name}  ${seconds} s\n`);
      if (!passed) process.stdout.write(`${run.output}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  return good;
}

process.exitCode = (await check()) ? 0 : 1;
