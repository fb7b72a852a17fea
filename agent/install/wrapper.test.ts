import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wrapperScript } from './wrapper.ts';

let root: string;
let wrapper: ChildProcess | null;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ust-wrap-'));
  wrapper = null;
  mkdirSync(join(root, 'bin'));
  write('device', '');
  write('uptime', '100.00 1.00\n');
  plan({});
  program('bin/wdctl', 'echo "wdctl $*" >> "$root/story"; echo "Timeout: $2 seconds"');
  program('bin/chrt', '[ "$3" = true ] && exit 1; shift 2; exec "$@"');
});

afterEach(() => {
  wrapper?.kill('SIGKILL');
  rmSync(root, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(root, name), text);
}

function program(name: string, text: string): void {
  write(name, `#!/bin/sh\nroot='${root}'\n${text}\n`);
  chmodSync(join(root, name), 0o755);
}

/** What `keeper-plan` answers. */
function plan(fields: Readonly<Record<string, string>>): void {
  const all = { device: join(root, 'device'), seconds: '9', set: 'yes', until: '-', why: '-', ...fields };
  write(
    'plan',
    Object.entries(all)
      .map(([key, value]) => `${key} ${value}\n`)
      .join(''),
  );
}

/** The keeper of the test is a piece of shell; `$run` counts its runs from 1. */
function keeper(text: string): void {
  program(
    'node',
    `shift
[ "$1" = keeper ] || { cat "$root/plan"; exit; }
run=$(($(cat "$root/runs" 2>/dev/null || echo 0) + 1)); echo $run > "$root/runs"
echo "run $run fd \${UNDERSTUDY_WATCHDOG_FD:-none} \${UNDERSTUDY_WATCHDOG_SECONDS} \${UNDERSTUDY_WATCHDOG_WHY}" >> "$root/story"
${text}`,
  );
}

interface Ended {
  readonly status: number | null;
  readonly story: string;
  readonly device: string;
}

async function run(): Promise<Ended> {
  const script = join(root, 'wrapper');
  const options = { programDir: root, runFile: join(root, 'keeper.json'), roleArguments: '' };
  writeFileSync(script, wrapperScript({ ...options, uptimeFile: join(root, 'uptime') }));
  const path = `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn('/bin/sh', [script], { env: { PATH: path }, stdio: 'ignore' });
  wrapper = child;
  const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    status,
    story: readFileSync(join(root, 'story'), 'utf8').replaceAll(root, ''),
    device: readFileSync(join(root, 'device'), 'utf8'),
  };
}

describe('the wrapper', () => {
  test('opens the device for the keeper, and closes it for good when the keeper has left', async () => {
    keeper('printf . >&3; exit 42');
    expect(await run()).toEqual({
      status: 0,
      story: 'wdctl -s 9 /device\nrun 1 fd 3 9 \n',
      device: '.V',
    });
  });

  test('opens a device that has its timeout without setting it again', async () => {
    plan({ set: 'no' });
    write('keeper.json.wdctl', 'as it was set before');
    keeper('printf . >&3; echo "$UNDERSTUDY_WATCHDOG_REPORT" >> "$root/story"; exit 42');
    expect(await run()).toEqual({
      status: 0,
      story: 'run 1 fd 3 9 \nas it was set before\n',
      device: '.V',
    });
  });

  test('sets the timeout when the keeper asks for that, whatever the plan says', async () => {
    plan({ set: 'no' });
    keeper('[ $run = 2 ] && exit 42; exit 43');
    expect((await run()).story).toBe('run 1 fd 3 9 \nwdctl -s 9 /device\nrun 2 fd 3 9 \n');
  });

  test('holds the device while keepers come and go', async () => {
    keeper('printf $run >&3; [ $run = 3 ] && exit 42; kill -KILL $$');
    const ended = await run();
    expect(ended.device).toBe('123V');
    expect(ended.story.match(/wdctl/g)).toHaveLength(1);
  });

  test('opens it anew when the keeper asks for that', async () => {
    keeper('printf $run >&3; [ $run = 2 ] && exit 42; exit 43');
    const ended = await run();
    expect(ended.device).toBe('1V2V');
    expect(ended.story.match(/wdctl/g)).toHaveLength(2);
  });

  test('believes the note of a keeper that could only end by a kill', async () => {
    keeper('echo 42 > "$root/keeper.json.exit"; kill -KILL $$');
    expect(await run()).toMatchObject({ status: 0, device: 'V' });
  });

  test('passes the signal to end on, and waits until the keeper may go', async () => {
    keeper('trap "sleep 0.2; exit 42" TERM; kill -TERM $PPID; while :; do sleep 0.05; done');
    expect(await run()).toMatchObject({ status: 0, device: 'V' });
  });
});

describe('the wrapper leaves the device alone', () => {
  test('when the plan says so, and passes the reason on', async () => {
    plan({ device: '-', why: 'sanlock uses it' });
    keeper('exit 42');
    expect(await run()).toEqual({ status: 0, story: 'run 1 fd none 9 sanlock uses it\n', device: '' });
  });

  test('when the right to pet has passed since the plan', async () => {
    plan({ until: '100000' });
    keeper('exit 42');
    expect(await run()).toEqual({
      status: 0,
      story: 'run 1 fd none 9 the right to pet it has passed\n',
      device: '',
    });
  });

  test('when the plan can not be made', async () => {
    rmSync(join(root, 'plan'));
    keeper('exit 42');
    expect((await run()).story).toBe('run 1 fd none 0 the plan for the watchdog could not be made\n');
  });

  test('when its timeout can not be set', async () => {
    program('bin/wdctl', 'echo no such thing >&2; exit 1');
    keeper('exit 42');
    expect((await run()).story).toBe('run 1 fd none 9 its timeout can not be set: no such thing\n');
  });

  test('when there is none: no file is made in its place', async () => {
    plan({ device: '/nowhere/watchdog' });
    keeper('exit 42');
    expect((await run()).story).toBe('run 1 fd none 9 there is no /nowhere/watchdog\n');
  });
});
