import { campaign } from './campaign/command.ts';
import { runExhaustive } from './exhaustive/run.ts';
import { help, type Options, readOptions, UsageError } from './options.ts';
import { checkScenarios } from './scenario/golden.ts';
import { judge } from './scenario/judge.ts';
import { ScenarioError } from './scenario/parseScenario.ts';
import { readScenarioFile, scenarioFiles } from './scenario/scenarioFiles.ts';
import type { Terminal } from './terminal.ts';
import { traceLine } from './scenario/traceLine.ts';
import { runWorld } from './world/runWorld.ts';

/** The simulator's command line. Returns the exit status: 0 all well, 1 something is not, 2 wrong usage or input. */
export async function runSimulator(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return (await run(readOptions(argv), terminal)) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) terminal.error(`${error.message}\n\n${help}`);
    else if (error instanceof ScenarioError) terminal.error(`${error.message}\n`);
    else throw error;
    return 2;
  }
}

async function run(options: Options, terminal: Terminal): Promise<boolean> {
  switch (options.kind) {
    case 'help':
      terminal.out(help);
      return true;
    case 'file':
      return runFile(options, terminal);
    case 'scenarios':
      return checkScenarios(scenarioFiles(options.files), options.rewrite, terminal.out);
    case 'campaign':
      return campaign(options, terminal);
    case 'exhaustive':
      return runExhaustive(terminal.out);
    case 'mutants':
      return (await import('./mutants/run.ts')).runMutants(terminal.out);
  }
}

/** One JSON object on stdout and nothing else there; the trace goes to stderr. */
function runFile(options: Extract<Options, { kind: 'file' }>, terminal: Terminal): boolean {
  const scenario = readScenarioFile(options.file);
  const trace = (atMs: number, line: string): void => terminal.error(traceLine(atMs, line));
  const verdict = judge(scenario, runWorld(scenario, options.seed, options.trace ? { trace } : {}));
  terminal.out(`${JSON.stringify(verdict)}\n`);
  return verdict.ok;
}
