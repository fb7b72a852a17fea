import { writeFile } from 'node:fs/promises';
import { type DrillReport, drillResultWords, drillStepWords } from '../protocol/drill.ts';
import { FailureError } from '../protocol/failure.ts';
import { type Command, type CommandRun, json, operand } from './command.ts';
import { failureText, table } from './text.ts';

const LOOK_EVERY_MS = 1000;
const MIB = 1024 * 1024;

const span = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`);

function reportText(report: DrillReport): string {
  const copied = report.copiedBytes === null ? '' : ` (${Math.round(report.copiedBytes / MIB)} MiB read)`;
  return [
    `Drill of ${report.name} on ${report.host}, ${new Date(report.atWallMs).toISOString()}: ${drillResultWords[report.result]}.`,
    `  disks copied in     ${span(report.copyMs)}${copied}`,
    `  guest agent after   ${span(report.bootMs)}`,
    `  well after          ${span(report.wellMs)}`,
    ...report.checks.map((check) => `  ${check.probe}: ${check.outcome}, ${check.text}`),
    ...(report.because === null ? [] : [failureText(report.because)]),
    '',
  ].join('\n');
}

/** The report of the drill that was begun; waits for its end. */
async function untilEnded({ io, client, json: asJson }: CommandRun, id: string): Promise<DrillReport> {
  let told = '';
  for (;;) {
    const { running, last } = await client.call('drill.show', {});
    if (last?.id === id) return last.report;
    if (running?.id !== id) {
      throw new FailureError({
        code: 'drill.not-kept',
        message: 'The drill has ended, and its report is not there.',
      });
    }
    if (running.step !== told && !asJson) io.err(`${drillStepWords[running.step]}\n`);
    told = running.step;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const drill: Command = {
  operands: ['VM'],
  flags: ['--no-wait'],
  options: ['--picture'],
  run: async (run) => {
    const { io, words, client, json: asJson } = run;
    const vm = operand(words);
    const answer = await client.call('drill.begin', { vm });
    if (words.flags.has('--no-wait')) {
      io.out(asJson ? json(answer) : `${answer.text}\n`);
      return 0;
    }
    if (!asJson) io.err(`${answer.text}\n`);
    const report = await untilEnded(run, answer.id);
    io.out(asJson ? json(report) : reportText(report));
    const file = words.options.get('--picture');
    if (file !== undefined && report.hasPicture) {
      const { png } = await client.call('drill.picture', { vm });
      await writeFile(file, Buffer.from(png, 'base64'));
    }
    return report.result === 'passed' || report.result === 'ran' ? 0 : 1;
  },
};

const drills: Command = {
  operands: [],
  flags: ['--stop'],
  options: [],
  run: async ({ io, words, client, json: asJson }) => {
    if (words.flags.has('--stop')) {
      const answer = await client.call('drill.stop', {});
      io.out(asJson ? json(answer) : `${answer.text}\n`);
      return 0;
    }
    const status = await client.call('drill.show', {});
    if (asJson) {
      io.out(json(status));
      return 0;
    }
    const { running, reports } = status;
    if (running !== null) io.out(`Under way: ${running.name}, ${drillStepWords[running.step]}.\n`);
    if (reports.length === 0) io.out('No drill was made on this host yet.\n');
    else {
      const rows = reports.map((one) => [
        one.name,
        new Date(one.atWallMs).toISOString(),
        span(one.bootMs),
        span(one.wellMs),
        drillResultWords[one.result],
      ]);
      io.out(table(['VM', 'LAST DRILL', 'GUEST AGENT', 'WELL', 'RESULT'], rows, io));
    }
    return 0;
  },
};

export const drillCommands: Readonly<Record<string, Command>> = { drill, drills };
