import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from '../app/app.ts';
import { appVersion, demoPrograms, preferencesPath, rendererFolder } from '../app/places.ts';
import { defaultInventoryPath } from '../backend/inventory/inventory.ts';
import { createDemoMaker } from '../demo/demoMaker.ts';
import { openBrowser } from './openBrowser.ts';
import { serveWeb, type WebServer } from './server.ts';
import { smoke } from './smoke.ts';

/** The whole of a smoke run, its own waits included; past this something hangs. */
const SMOKE_DEADLINE_MS = 240_000;

const usage = `Usage: npm start -- [--smoke] [--port PORT] [--no-open]
  --smoke    start the demo group without a window, pull one plug, wait for the failover, print the seconds, end
  --port     serve on this port of the loopback instead of a free one
  --no-open  print the address only
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);
const onFault = (fault: unknown): void =>
  complain(fault instanceof Error ? (fault.stack ?? fault.message) : String(fault));

interface Options {
  readonly smoke: boolean;
  readonly open: boolean;
  readonly port: number;
}

/** Throws with the reason when the command line is not understood. */
function readOptions(): Options {
  const { values } = parseArgs({
    options: { smoke: { type: 'boolean' }, port: { type: 'string' }, 'no-open': { type: 'boolean' } },
  });
  const port = Number(values.port ?? '0');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port must be 0 to 65535.');
  return { smoke: values.smoke ?? false, open: values['no-open'] !== true, port };
}

function createApp(configFolder: string | null): App {
  const app: App = new App({
    info: {
      version: appVersion(),
      transport: 'browser',
      lacks:
        'In the browser there is no tray icon, no notification, no start at login and no key ring for passwords.',
    },
    preferencesPath: configFolder === null ? preferencesPath() : join(configFolder, 'preferences.json'),
    inventoryPath: configFolder === null ? defaultInventoryPath() : join(configFolder, 'inventory.json'),
    demo: createDemoMaker(demoPrograms(), () => app.changed()),
    onFault,
  });
  return app;
}

async function serve(app: App, port: number): Promise<WebServer> {
  return serveWeb({ app, rendererFolder, port, onFault });
}

/** Headless: own configuration, one line, and an end. */
async function runSmoke(port: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-smoke-'));
  const app = createApp(folder);
  const clean = (): void => {
    app.close();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', clean);
  const deadline = setTimeout(() => {
    complain(`smoke: not done after ${SMOKE_DEADLINE_MS / 1000} s.`);
    process.exit(1);
  }, SMOKE_DEADLINE_MS);
  try {
    const server = await serve(app, port);
    say(await smoke(app, server.address()));
    return 0;
  } catch (fault) {
    complain(`smoke: ${fault instanceof Error ? fault.message : String(fault)}\n${app.demoOutput()}`);
    return 1;
  } finally {
    clearTimeout(deadline);
  }
}

async function run({ open, port }: Options): Promise<void> {
  const app = createApp(null);
  process.once('exit', () => app.close());
  const server = await serve(app, port);
  const opened = open && openBrowser(server.address());
  // An address is printed only when no browser took the first one: a new one would void it.
  say(opened ? 'Understudy is open in your browser.' : `Understudy: ${server.address()}`);
  say(
    'An address works once, on this computer only; Enter prints a new one. Ctrl+C ends the app, not the hosts.',
  );
  if (process.stdin.isTTY) process.stdin.on('data', () => say(`Understudy: ${server.address()}`));
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(0));
  let options: Options;
  try {
    options = readOptions();
  } catch (fault) {
    complain(`${fault instanceof Error ? fault.message : String(fault)}\n${usage}`);
    process.exit(2);
  }
  if (options.smoke) process.exit(await runSmoke(options.port));
  await run(options);
}

await main();
