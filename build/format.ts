import { runCommand } from './command.ts';

const run = await runCommand('biome', ['format', '--write', '.'], { deadlineMs: 60_000, show: true });
process.exitCode = run.exitCode;
