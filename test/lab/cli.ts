import { spawnSync } from 'node:child_process';
import { sshArguments } from './access.ts';
import { chassis, setBmcMode, type BmcMode } from './bmc.ts';
import { describeMissing, findMissing } from './doctor.ts';
import { hostNames, isHostName, linkNames, type HostName, type LinkName } from './layout.ts';
import { openHost, openLab, takeDown } from './lab.ts';
import { labOwner } from './lock.ts';
import { networkFaults, runInLabNetwork } from './network.ts';
import { afterPowerLoss, isFrozen, isOn, power } from './power.ts';
import { LabError } from './run.ts';
import { setStoreFault, storeState, type StoreFault } from './store.ts';
import { setWatchdogFails, watchdogState } from './watchdog.ts';

const help = `Usage: npm run lab -- COMMAND

  doctor                                  what this machine lacks for the lab
  up [--keep] [h1 h2 h3]                  builds what is missing and boots hosts (h1 and h2); --keep keeps their disks
  down                                    removes everything but the caches
  status                                  every host's power, store, watchdog
  power on|off|reset|freeze|thaw|wipe HOST
  net cut|join|mute|deaf HOST [lan|cable]
  net loss HOST PERCENT [lan|cable]
  net block|partition HOST HOST [lan|cable]
  net heal
  store HOST ok|ro|eio|eio-write|stall|stall-detached|torn|MILLISECONDS
  watchdog HOST works|fails
  bmc HOST works|lies|refuses|none
  ssh HOST [COMMAND]                      over the network, as root
  run HOST COMMAND                        at the host's keyboard, without network
  exec PROGRAM [ARGUMENT...]              in the lab's own network

HOST is h1, h2 or h3. Exit status: 0 done, 1 failed, 2 wrong usage, 3 this machine can't run the lab.
`;

class UsageError extends Error {}

function hostOf(word: string | undefined): HostName {
  if (word !== undefined && isHostName(word)) return word;
  throw new UsageError(`${word ?? 'nothing'} is not a host; the hosts are ${hostNames.join(', ')}.`);
}

function linkOf(word: string | undefined): LinkName | undefined {
  const link = linkNames.find((name) => name === word);
  if (word !== undefined && link === undefined) throw new UsageError(`${word} is not a link: lan or cable.`);
  return link;
}

function choice<T extends string>(word: string | undefined, choices: readonly T[]): T {
  const found = choices.find((name) => name === word);
  if (found === undefined) throw new UsageError(`${word ?? 'nothing'} is none of ${choices.join(', ')}.`);
  return found;
}

function percentOf(word: string | undefined): number {
  const percent = Number(word);
  if (Number.isInteger(percent) && percent >= 0 && percent <= 100) return percent;
  throw new UsageError(`${word ?? 'nothing'} is not a percentage from 0 to 100.`);
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function up(words: readonly string[]): Promise<void> {
  const hosts = words.filter((word) => word !== '--keep').map(hostOf);
  const keep = words.includes('--keep');
  const lab = await openLab({ ...(hosts.length === 0 ? {} : { hosts }), keep, log: print, waitMs: 1_000 });
  await lab.release();
}

function status(): void {
  print(labOwner() === null ? 'No lab is up on this machine.' : `The lab in ${labOwner()} is up.`);
  for (const host of hostNames) {
    if (!isOn(host)) {
      print(`${host} off`);
      continue;
    }
    const { armed, timeoutS, pets } = watchdogState(host);
    const dog = armed ? `watchdog armed, ${timeoutS} s, petted ${pets} times` : 'watchdog not armed';
    const resets = openHost(host).resets();
    print(
      `${host} ${isFrozen(host) ? 'frozen' : 'on'}, store ${storeState(host).fault}, ${dog}, power lost ${resets} times`,
    );
  }
}

async function changePower(action: string | undefined, host: HostName): Promise<void> {
  switch (choice(action, ['on', 'off', 'reset', 'freeze', 'thaw', 'wipe'])) {
    case 'on':
      return power.on(host);
    case 'off':
      return power.off(host);
    case 'reset':
      return power.reset(host);
    case 'freeze':
      return power.freeze(host);
    case 'thaw':
      return power.thaw(host);
    case 'wipe':
      return power.wipe(host);
  }
}

async function changeNetwork([action, ...words]: readonly string[]): Promise<void> {
  const kind = choice(action, ['cut', 'join', 'mute', 'deaf', 'loss', 'block', 'partition', 'heal']);
  if (kind === 'heal') return networkFaults.heal();
  const host = hostOf(words[0]);
  if (kind === 'loss') return networkFaults.loss(host, percentOf(words[1]), linkOf(words[2]));
  if (kind === 'block' || kind === 'partition') {
    return networkFaults[kind](host, hostOf(words[1]), linkOf(words[2]));
  }
  return networkFaults[kind](host, linkOf(words[1]));
}

const storeWords = ['ok', 'ro', 'eio', 'eio-write', 'stall', 'stall-detached', 'torn'] as const;

function storeFaultOf(word: string | undefined): StoreFault {
  return /^\d+$/.test(word ?? '') ? { delayMs: Number(word) } : choice(word, storeWords);
}

/** Called by the lab itself: by a watchdog that fired, or when a host went down from inside. */
async function fired([cause, host, launched = '', status]: readonly string[]): Promise<void> {
  await afterPowerLoss(hostOf(host), choice(cause, ['watchdog', 'self']), launched, Number(status));
}

function doctor(): number {
  const missing = findMissing();
  for (const line of describeMissing(missing)) print(line);
  if (missing.length === 0) print('This machine can run the lab.');
  return missing.length === 0 ? 0 : 3;
}

function inherit(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { stdio: 'inherit' }).status ?? 1;
}

async function obey([command = '', ...words]: readonly string[]): Promise<number> {
  switch (command) {
    case 'doctor':
      return doctor();
    case 'up':
      await up(words);
      return 0;
    case 'down':
      await takeDown(1_000);
      return 0;
    case 'status':
      status();
      return 0;
    case 'power':
      await changePower(words[0], hostOf(words[1]));
      return 0;
    case 'net':
      await changeNetwork(words);
      return 0;
    case 'store':
      await setStoreFault(hostOf(words[0]), storeFaultOf(words[1]));
      return 0;
    case 'watchdog':
      setWatchdogFails(hostOf(words[0]), choice(words[1], ['works', 'fails']) === 'fails');
      return 0;
    case 'bmc':
      await setBmcMode(hostOf(words[0]), choice<BmcMode>(words[1], ['works', 'lies', 'refuses', 'none']));
      return 0;
    case 'ssh':
      return inherit('ssh', [...sshArguments(hostOf(words[0])), ...words.slice(1)]);
    case 'run':
      return show(await openHost(hostOf(words[0])).run(words.slice(1).join(' ')));
    case 'exec':
      return show(await runInLabNetwork(words[0] ?? 'true', words.slice(1)));
    case 'chassis':
      return chassis(hostOf(words[0]), words.slice(1), print);
    case 'fired':
      await fired(words);
      return 0;
    case 'help':
    case '--help':
      print(help);
      return 0;
    default:
      throw new UsageError(help);
  }
}

function show(result: {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}): number {
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  return result.code ?? 1;
}

try {
  process.exitCode = await obey(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof LabError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = isUsage ? 2 : error instanceof LabError && error.code === 'lab-missing' ? 3 : 1;
}
