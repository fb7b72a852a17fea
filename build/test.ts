import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { root, runCommand } from './command.ts';
import { hintFor, isDebianRoot, readCounts, tiers, type Counts, type Tier } from './tiers.ts';

const INSTALL_DEADLINE_MS = 600_000;

/** Tiers whose skipping is an error: the gate sets it, so that a green run can't hide a missing tier. */
const required = new Set(
  (process.env['UNDERSTUDY_REQUIRE_TIERS'] ?? '').split(',').filter((name) => name !== ''),
);
const only = new Set(process.argv.slice(2).filter((arg) => !arg.startsWith('-')));

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function installPackages(tier: Tier): Promise<void> {
  if (tier.needs.every((path) => existsSync(path)) || !isDebianRoot()) return;
  say(`  installing Debian packages: ${tier.packages.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand('apt-get', ['update', '-qq'], { deadlineMs: INSTALL_DEADLINE_MS, env });
  const args = ['install', '-y', '-qq', '--no-install-recommends', ...tier.packages];
  const run = await runCommand('apt-get', args, { deadlineMs: INSTALL_DEADLINE_MS, env });
  if (run.exitCode !== 0) say(run.output.slice(-2000));
}

function reasonToSkip(tier: Tier): string | null {
  if ((process.env['UNDERSTUDY_SKIP_TIERS'] ?? '').split(',').includes(tier.name))
    return 'UNDERSTUDY_SKIP_TIERS names it';
  if (tier.needsRoot && process.getuid?.() !== 0) return 'it needs root';
  const missing = tier.needs.filter((path) => !existsSync(path));
  return missing.length === 0 ? (tier.unfit?.() ?? null) : `${missing.join(', ')} missing`;
}

async function runTier(tier: Tier): Promise<Counts> {
  const reportFile = join(root, 'test-results', `${tier.name}.json`);
  rmSync(reportFile, { force: true });
  const reporters: Record<Tier['report'], readonly string[]> = {
    vitest: ['--reporter=dot', '--reporter=json', `--outputFile.json=${reportFile}`],
    playwright: ['--reporter=line,json'],
    'exit-code': [],
  };
  const [command = '', ...args] = tier.command;
  const run = await runCommand(command, [...args, ...reporters[tier.report]], {
    deadlineMs: tier.deadlineMs,
    show: true,
    env: {
      PLAYWRIGHT_JSON_OUTPUT_NAME: reportFile,
      CHROMIUM: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    },
  });
  if (run.timedOut)
    say(`  ${tier.name} passed its deadline of ${tier.deadlineMs / 60_000} minutes and was stopped`);
  return readCounts(tier, reportFile, run.timedOut ? 124 : run.exitCode);
}

async function attempt(tier: Tier): Promise<Counts> {
  say(`\n== ${tier.name}: ${tier.what}`);
  await installPackages(tier);
  const reason = reasonToSkip(tier);
  if (reason !== null) {
    const mustRun = required.has(tier.name);
    say(`${mustRun ? 'FAILED' : 'SKIPPED'} ${tier.name}: ${reason}. To enable it: ${hintFor(tier)}`);
    return { passed: 0, failed: mustRun ? 1 : 0, skipped: mustRun ? 0 : 1 };
  }
  if (tier.needsBundle) await bundle({ allArchitectures: false });
  const startedMs = performance.now();
  const counts = await runTier(tier);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  say(
    `== ${tier.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`,
  );
  return counts;
}

mkdirSync(join(root, 'test-results'), { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const tier of tiers.filter(({ name }) => only.size === 0 || only.has(name))) {
  const counts = await attempt(tier);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  lines.push(
    `  ${tier.name.padEnd(10)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
  );
}
say(`\n${lines.join('\n')}\n`);
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
