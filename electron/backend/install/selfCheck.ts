import { SelfCheckReport } from '../../../agent/protocol/selfCheck.ts';
import { excerpt, fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';
import { currentStep, HOME, UNPROVEN } from './programSteps.ts';
import type { Step } from './step.ts';

/** A little more than the check gives itself for its rehearsal and its reads. */
const CHECK_S = 90;
const OUTPUT_LIMIT_BYTES = 65_536;

const script = `rc=0
touch -- "$1/$2/${UNPROVEN}"
timeout -k 5 ${CHECK_S} "$1/$2/node" "$1/$2/agent.cjs" self-check || rc=$?
exit "$rc"`;

/**
 * The swap of the link, after the new version has shown on this very host that it could take over. A keeper that can't
 * start ends in a reset by the watchdog: by then it is too late to go back.
 */
export function checkedCurrentStep(version: string): Step {
  const swap = currentStep(version);
  return {
    ...swap,
    title: `version ${version} passes its own check and becomes current`,
    apply: async (session, progress) => {
      progress('it is checked on this host');
      await requireFit(session, version);
      await asRoot(session, version, `rm -f -- "$1/$2/${UNPROVEN}"`);
      await swap.apply(session, progress);
    },
  };
}

async function requireFit(session: HostSession, version: string): Promise<void> {
  const result = await session.runAsRoot({
    what: `the own check of version ${version}`,
    script,
    args: [HOME, version],
    deadlineMs: (CHECK_S + 15) * 1000,
    outputLimitBytes: OUTPUT_LIMIT_BYTES,
  });
  const report = reportIn(result.stdout);
  if (result.exitCode === 0 && report?.ok === true && report.version === version) return;
  const failed = report?.parts.find(({ ok }) => !ok);
  const why =
    failed !== undefined
      ? `${failed.part}: ${failed.note}`
      : result.exitCode === 124 || result.exitCode === 137
        ? `it did not end within ${CHECK_S} s`
        : `it ended with ${result.exitCode ?? result.signal ?? '?'} and said no result: ${excerpt(result.stderr) || 'no message'}`;
  // Its files would be the version before for a later way back.
  await asRoot(session, version, '[ "$(readlink "$1/current")" = "$2" ] || rm -rf -- "$1/$2"');
  throw fail({
    code: 'install.self-check-failed',
    message: `Version ${version} of the agent did not pass its own check on ${session.hostName}. ${excerpt(why)}`,
    meaning: 'It was not put into service: the version that is there goes on, and no VM was touched.',
    fix: 'If it says that the lease area can not be read, repair the store first. Otherwise keep the present version and report this.',
  });
}

async function asRoot(session: HostSession, version: string, what: string): Promise<void> {
  const run = { what: `putting version ${version} right`, script: what, args: [HOME, version] };
  await runChecked(session, run, 'install.step-failed');
}

/** The last line; a Node that warns does so before it. */
function reportIn(stdout: string): SelfCheckReport | null {
  try {
    const parsed = SelfCheckReport.safeParse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
