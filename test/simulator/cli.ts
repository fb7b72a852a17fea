import { runSimulator } from './commands.ts';

process.exitCode = await runSimulator(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  lively: process.stderr.isTTY === true,
});
