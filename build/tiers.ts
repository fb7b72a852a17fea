import { existsSync, readFileSync } from 'node:fs';
import { labMachinePackages } from '../test/lab/packages.ts';
import { electronRuntime } from './electronRuntime.ts';

/** One level of testing: what it needs of the machine, and how it is run and counted. */
export interface Tier {
  readonly name: string;
  readonly what: string;
  /** Debian packages that it needs; installed when this is root on Debian. */
  readonly packages: readonly string[];
  /** Paths that show that the packages are there. */
  readonly needs: readonly string[];
  readonly needsRoot: boolean;
  readonly needsBundle: boolean;
  /** Looks for, or fetches, what no package brings; the reason when the tier can't run without it. */
  readonly unfit?: () => string | null;
  readonly command: readonly string[];
  readonly report: 'vitest' | 'playwright' | 'exit-code';
  readonly deadlineMs: number;
}

const minutes = (count: number): number => count * 60_000;
const playwright = (folder: string): readonly string[] => [
  'playwright',
  'test',
  '--config',
  `test/${folder}/playwright.config.ts`,
];
const vitest = (config: string): readonly string[] => ['vitest', 'run', '--config', `build/${config}`];

/** A desktop without a screen: an X server, a session bus, notifications, a tray; and what Electron itself links. */
const desktopPackages = ['xvfb', 'dbus', 'dunst', 'ayatana-indicator-application', 'libglib2.0-bin'].concat([
  'gnome-keyring',
  'libsecret-1-0',
  'libgtk-3-0',
  'libnss3',
  'libasound2',
  'libgbm1',
]);
const desktopPrograms = ['/usr/bin/Xvfb', '/usr/bin/dbus-daemon', '/usr/bin/dunst', '/usr/bin/gdbus'].concat(
  '/usr/bin/gnome-keyring-daemon',
  '/usr/libexec/ayatana-indicator-application/ayatana-indicator-application-service',
);

/** An older runtime is fetched on build machines only: nobody's own computer downloads one for a test. */
function electronUnfit(): string | null {
  const found = electronRuntime(isDebianRoot() || process.env['CI'] !== undefined);
  return typeof found === 'string' ? found : null;
}

export const tiers: readonly Tier[] = [
  {
    name: 'check',
    what: 'types, lint, format, dead code',
    packages: [],
    needs: [],
    needsRoot: false,
    needsBundle: false,
    command: ['node', 'build/check.ts', '--without-tests'],
    report: 'exit-code',
    deadlineMs: minutes(5),
  },
  {
    name: 'unit',
    what: 'unit, property and scenario tests',
    packages: [],
    needs: [],
    needsRoot: false,
    needsBundle: false,
    command: vitest('vitest.config.ts'),
    report: 'vitest',
    deadlineMs: minutes(10),
  },
  {
    name: 'simulator',
    what: 'scenarios with golden logs, small models, a campaign of random worlds',
    packages: [],
    needs: [],
    needsRoot: false,
    needsBundle: false,
    command: ['node', 'test/simulator/tier.ts'],
    report: 'exit-code',
    deadlineMs: minutes(20),
  },
  {
    name: 'libvirt',
    what: 'agent/node-libvirt against a real libvirtd with QEMU',
    packages: ['libvirt-daemon-system', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils'],
    needs: ['/usr/sbin/libvirtd', '/usr/bin/virsh', '/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-img'],
    needsRoot: true,
    needsBundle: false,
    command: vitest('vitest.live.config.ts'),
    report: 'vitest',
    deadlineMs: minutes(10),
  },
  {
    name: 'renderer',
    what: 'every screen in Chromium against a fake made from the contract',
    packages: ['chromium'],
    needs: ['/usr/bin/chromium'],
    needsRoot: false,
    needsBundle: true,
    command: playwright('renderer'),
    report: 'playwright',
    deadlineMs: minutes(20),
  },
  {
    name: 'app',
    what: 'the whole app in the browser with the demo group',
    packages: ['chromium'],
    needs: ['/usr/bin/chromium'],
    needsRoot: false,
    needsBundle: true,
    command: playwright('e2e'),
    report: 'playwright',
    deadlineMs: minutes(20),
  },
  {
    name: 'electron',
    what: 'main, preload, tray and notifications in Electron, on a desktop under Xvfb',
    packages: desktopPackages,
    needs: desktopPrograms,
    needsRoot: false,
    needsBundle: true,
    unfit: electronUnfit,
    command: playwright('electron'),
    report: 'playwright',
    deadlineMs: minutes(20),
  },
  {
    name: 'stand-in',
    what: 'the shipped main and preload in Node 24, against a STAND-IN for Electron, which is no Electron',
    packages: [],
    needs: [],
    needsRoot: false,
    needsBundle: true,
    command: vitest('vitest.standIn.config.ts'),
    report: 'vitest',
    deadlineMs: minutes(5),
  },
  {
    name: 'package',
    what: 'the Debian package: built, unpacked, its app and both agents run',
    packages: [...desktopPackages, 'dpkg-dev', 'qemu-user', 'libc6-arm64-cross', 'libstdc++6-arm64-cross'],
    needs: [
      ...desktopPrograms,
      '/usr/bin/dpkg-deb',
      '/usr/bin/qemu-aarch64',
      '/usr/aarch64-linux-gnu/lib/libstdc++.so.6',
    ],
    needsRoot: false,
    needsBundle: true,
    unfit: electronUnfit,
    command: vitest('vitest.package.config.ts'),
    report: 'vitest',
    deadlineMs: minutes(15),
  },
  {
    name: 'smoke',
    what: 'npm start -- --smoke',
    packages: [],
    needs: [],
    needsRoot: false,
    needsBundle: true,
    command: ['node', 'build/start.ts', '--smoke'],
    report: 'exit-code',
    deadlineMs: minutes(5),
  },
  {
    name: 'lab',
    what: 'two real libvirt hosts: install over SSH, every fault, the guests as witnesses',
    packages: [...labMachinePackages, 'chromium'],
    needs: [
      '/usr/bin/systemd-nspawn',
      '/usr/bin/mmdebstrap',
      '/usr/bin/gcc',
      '/usr/bin/ipmi_sim',
      '/usr/sbin/nft',
      '/usr/bin/chromium',
    ],
    needsRoot: true,
    needsBundle: true,
    command: vitest('vitest.lab.config.ts'),
    report: 'vitest',
    deadlineMs: minutes(65),
  },
];

export function isDebianRoot(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

/** The command that would enable a tier that this machine can't run. */
export function hintFor(tier: Tier): string {
  const install = tier.packages.length === 0 ? '' : `sudo apt-get install -y ${tier.packages.join(' ')}`;
  const asRoot = tier.needsRoot && process.getuid?.() !== 0 ? 'sudo npm test' : '';
  return [install, asRoot].filter((part) => part !== '').join(' && ') || 'see CONTRIBUTING.md';
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface PlaywrightStats {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
}
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

/** Reads a runner's JSON report. A run that failed without a failed test (a crash, a bad import) counts as one. */
export function readCounts(tier: Tier, reportFile: string, exitCode: number): Counts {
  const atLeastOne = (failed: number): number => (exitCode !== 0 && failed === 0 ? 1 : failed);
  if (tier.report === 'exit-code')
    return { passed: exitCode === 0 ? 1 : 0, failed: atLeastOne(0), skipped: 0 };
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0 };
  const report: unknown = JSON.parse(readFileSync(reportFile, 'utf8'));
  if (tier.report === 'vitest') {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report as VitestReport;
    return {
      passed: numPassedTests,
      failed: atLeastOne(numFailedTests),
      skipped: numPendingTests + numTodoTests,
    };
  }
  const { expected, unexpected, flaky, skipped } = (report as PlaywrightStats).stats;
  return { passed: expected, failed: atLeastOne(unexpected + flaky), skipped };
}
