import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bmcAddress, hostPaths, netns, numberOf, sourceDir, type HostName } from './layout.ts';
import { isOn, power } from './power.ts';
import { daemonPid, run, startDaemon, stopDaemon } from './run.ts';

/**
 * How a host's BMC answers: `works`, `lies` (says that it did it, and does nothing), `refuses` (every power command fails),
 * or `none` (it does not answer at all).
 */
export type BmcMode = 'works' | 'lies' | 'refuses' | 'none';

export const bmcUser = 'admin';
export const bmcPassword = 'secret';

const pidFile = (host: HostName): string => join(hostPaths(host).dir, 'bmc.pid');
const modeFile = (host: HostName): string => join(hostPaths(host).bmc, 'mode');
const claimFile = (host: HostName): string => join(hostPaths(host).bmc, 'claim');

/** The system UUID that the BMC reports. */
export function bmcSystemUuid(host: HostName): string {
  return `77000000-0000-0000-0000-0000000000${numberOf(host)}0`;
}

function configuration(host: HostName): string {
  const methods = 'none md2 md5 straight';
  const levels = ['callback', 'user', 'operator', 'admin'];
  return `name "${host}"
set_working_mc 0x20
  startlan 1
    addr ${bmcAddress(host)} 623
    priv_limit admin
${levels.map((level) => `    allowed_auths_${level} ${methods}`).join('\n')}
    guid ${bmcSystemUuid(host).replaceAll('-', '')}
  endlan
  chassis_control "'${process.execPath}' '${join(sourceDir, 'cli.ts')}' chassis ${host}"
  user 1 true "" "test" user 10 ${methods}
  user 2 true "${bmcUser}" "${bmcPassword}" admin 10 ${methods}
`;
}

const emulator = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
`;

export async function startBmc(host: HostName): Promise<void> {
  const { bmc, dir } = hostPaths(host);
  mkdirSync(join(bmc, 'state'), { recursive: true });
  await stopDaemon(pidFile(host));
  writeFileSync(join(bmc, 'lan.conf'), configuration(host));
  writeFileSync(join(bmc, 'emulator'), emulator);
  await run('ip', ['-n', netns, 'addr', 'replace', `${bmcAddress(host)}/32`, 'dev', 'br-lan']);
  const files = ['-c', join(bmc, 'lan.conf'), '-f', join(bmc, 'emulator'), '-s', join(bmc, 'state'), '-n'];
  startDaemon('nsenter', [`--net=/run/netns/${netns}`, 'ipmi_sim', ...files], {
    log: join(dir, 'bmc.log'),
    pid: pidFile(host),
  });
}

export async function stopBmc(host: HostName): Promise<void> {
  await stopDaemon(pidFile(host));
}

/** Changes how the BMC answers from now on. */
export async function setBmcMode(host: HostName, mode: BmcMode): Promise<void> {
  if (bmcMode(host) === mode && daemonPid(pidFile(host)) !== null) return;
  writeFileSync(modeFile(host), mode);
  if (mode === 'none') await stopBmc(host);
  else await startBmc(host);
}

function bmcMode(host: HostName): string {
  try {
    return readFileSync(modeFile(host), 'utf8');
  } catch {
    return 'works';
  }
}

function claimedPower(host: HostName): string {
  try {
    return readFileSync(claimFile(host), 'utf8');
  } catch {
    return '1';
  }
}

async function obey(host: HostName, key: string, value: string): Promise<void> {
  if (bmcMode(host) === 'lies') {
    if (key === 'power') writeFileSync(claimFile(host), value);
    return;
  }
  if (key === 'power') await (value === '1' ? power.on(host, 'bmc') : power.off(host, 'bmc'));
  if (key === 'reset') await power.reset(host, 'bmc');
}

/**
 * The chassis of a host, as ipmi_sim calls it: `get power boot`, or `set power 0`. Resolves to the exit status.
 */
export async function chassis(
  host: HostName,
  words: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const [verb, ...rest] = words[0]?.startsWith('0x') ? words.slice(1) : words;
  if (bmcMode(host) === 'refuses') return 1;
  if (verb === 'get') {
    const on = bmcMode(host) === 'lies' ? claimedPower(host) : isOn(host) ? '1' : '0';
    for (const key of rest) print(key === 'power' ? `power:${on}` : `${key}:default`);
    return 0;
  }
  for (let at = 0; at + 1 < rest.length; at += 2) await obey(host, rest[at] ?? '', rest[at + 1] ?? '');
  return 0;
}
