import { fileURLToPath } from 'node:url';
import { runConsole } from './cli.ts';

const exitCode = await runConsole(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
process.exitCode = exitCode;
