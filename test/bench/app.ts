import { chromium, type Browser, type Page } from '@playwright/test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { groupView } from '../../electron/app/groupView.ts';
import type { GroupView } from '../../electron/ipc/views.ts';
import { root } from '../../build/command.ts';
import { RunningApp } from '../e2e/runningApp.ts';
import { dailyGroup } from '../renderer/dailySamples.ts';
import { fakeApp } from '../renderer/fakeApp.ts';
import { beats, groupId, info, snapshot } from '../renderer/samples.ts';
import { machineLine, report, spread, spreadText } from './machine.ts';

/**
 * What the window costs: bytes that are shipped, time from start to the first page that says something, and the main
 * thread's time in steady state with 8 hosts, 400 VMs and 20 updates a second.
 */
const STARTS = 5;
const UPDATES_A_SECOND = 20;
const HOSTS = 8;
const VMS = 400;
const SETTLE_MS = 4_000;
const OBSERVE_MS = 15_000;
/** Different views that take turns, so that every update has something new in it. */
const VIEWS = 12;
/** At 60 frames a second a frame takes 16.7 ms; a gap from half a frame more on has lost one. */
const FRAME_MS = 1000 / 60;

/** A task longer than this keeps a keystroke or a click waiting noticeably. */
const LONG_TASK_MS = 50;

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;

function sizes(): void {
  const assets = join(root, 'out/renderer/assets');
  const files = [
    ...readdirSync(assets).map((name) => join(assets, name)),
    ...['out/app/main.js', 'out/app/preload.cjs', 'out/web/main.mjs', 'out/agent/agent.cjs'].map((name) =>
      join(root, name),
    ),
  ].filter((path) => ['.js', '.css', '.mjs', '.cjs'].includes(extname(path)));
  for (const path of files) {
    const name = relative(root, path).replace(/-[\w-]{8}\./, '.');
    const gzipped = gzipSync(readFileSync(path)).length;
    const text = `${kilobytes(statSync(path).size)}, ${kilobytes(gzipped)} gzipped`;
    report(`size ${name}`, text, { bytes: statSync(path).size, gzipped });
  }
}

/** From spawning the app's process to the window's first sentence; and the window's own part of it. */
async function starts(browser: Browser): Promise<void> {
  const whole: number[] = [];
  const window: number[] = [];
  const paint: number[] = [];
  const memory: number[] = [];
  for (let run = 0; run < STARTS; run += 1) {
    const startedMs = performance.now();
    const app = new RunningApp();
    const address = await app.address();
    const page = await browser.newPage();
    const openedMs = performance.now();
    await page.goto(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    whole.push(performance.now() - startedMs);
    window.push(performance.now() - openedMs);
    paint.push(
      await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint').at(0)?.startTime ?? Number.NaN,
      ),
    );
    memory.push(app.memoryMiB());
    await page.close();
    await app.end('SIGTERM');
  }
  const told = (name: string, values: readonly number[], unit = 'ms'): void =>
    report(name, spreadText(spread(values), unit, 0), { unit, ...spread(values) });
  told('start: process to first sentence', whole);
  told('start: window opened to first sentence', window);
  told('start: first contentful paint of the window', paint);
  told('memory of the app behind the window', memory, 'MiB');
}

const moved = (value: number | null, by: number): number | null => (value === null ? null : value + by);

/** The same group a moment later: every age, latency and memory is another, and a few VMs change their state. */
function later(view: GroupView, turn: number): GroupView {
  const by = ((turn * 37) % 100) / 100;
  return {
    ...view,
    hosts: view.hosts.map((host) => ({
      ...host,
      report:
        host.report === null
          ? null
          : {
              ...host.report,
              ageMs: 100 + 900 * by,
              leaseLeftMs: moved(host.report.leaseLeftMs, -500 * by),
              memoryFreeMiB: moved(host.report.memoryFreeMiB, Math.round(100 * by)),
              store: { ...host.report.store, renewP50Ms: moved(host.report.store.renewP50Ms, by) },
            },
    })),
    links: view.links.map((link) => ({
      ...link,
      ends: link.ends.map((end) => ({ ...end, ageMs: 900 * by, rttMs: moved(end.rttMs, by / 5) })),
    })),
    vms: view.vms.map((vm, index) => ({
      ...vm,
      ageMs: 100 + 900 * by,
      definitionInSync: index % 100 !== turn % 100,
      word: index % 200 === turn % 200 ? 'at-risk' : vm.word,
    })),
  };
}

interface Observed {
  readonly frames: number;
  readonly lost: number;
  readonly longTasksMs: readonly number[];
}

/** Publishes views as the socket would bring them, as text that is parsed, and watches frames and long tasks meanwhile. */
async function play(page: Page, forMs: number): Promise<Observed> {
  return page.evaluate(
    async ({ everyMs, lastMs, frameMs }) => {
      const { texts } = globalThis as unknown as { readonly texts: readonly string[] };
      const longTasksMs: number[] = [];
      const observer = new PerformanceObserver((list) =>
        longTasksMs.push(...list.getEntries().map(({ duration }) => duration)),
      );
      observer.observe({ entryTypes: ['longtask'] });
      const endMs = performance.now() + lastMs;
      let turn = 0;
      const timer = setInterval(() => {
        turn += 1;
        const text = texts[turn % texts.length] ?? '[]';
        dispatchEvent(new CustomEvent('groups.views', { detail: JSON.parse(text) }));
      }, everyMs);
      let frames = 0;
      let lost = 0;
      let beforeMs = performance.now();
      while (performance.now() < endMs) {
        const nowMs = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        frames += 1;
        lost += Math.max(0, Math.round((nowMs - beforeMs) / frameMs) - 1);
        beforeMs = nowMs;
      }
      clearInterval(timer);
      observer.disconnect();
      return { frames, lost, longTasksMs };
    },
    { everyMs: 1000 / UPDATES_A_SECOND, lastMs: forMs, frameMs: FRAME_MS },
  );
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ph: string;
  /** Time that the thread itself spent, in microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * The thread's own time of each task of the page's main thread. The browser's "long tasks" are by the clock on the wall: on a
 * machine that is busy with other things they tell of those.
 */
function taskTimesMs(trace: Buffer): readonly number[] {
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const threads = traceEvents
    .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
    .map(({ pid, tid }) =>
      traceEvents
        .filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X')
        .filter(({ name }) => name === 'ThreadControllerImpl::RunTask')
        .map(({ tdur = 0 }) => tdur / 1000),
    );
  return threads.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

async function steady(browser: Browser, page: Page, name: string, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await play(page, SETTLE_MS);
  const session = await page.context().newCDPSession(page);
  // The thread's own time: on a busy machine, waiting for a processor is not the window's doing.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metric = async (which: string): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find((each) => each.name === which)?.value ?? Number.NaN;
  };
  const before = await metric('TaskDuration');
  await browser.startTracing(page, { categories: ['toplevel'] });
  const { frames, lost, longTasksMs } = await play(page, OBSERVE_MS);
  const tasks = taskTimesMs(await browser.stopTracing());
  const busyPercent = ((await metric('TaskDuration')) - before) / (OBSERVE_MS / 100_000);
  await session.send('HeapProfiler.collectGarbage');
  const heapMiB = (await metric('JSHeapUsedSize')) / 2 ** 20;
  const longest = tasks.reduce((most, ms) => Math.max(most, ms), 0);
  const long = tasks.filter((ms) => ms > LONG_TASK_MS).length;
  const text = [
    `main thread busy ${busyPercent.toFixed(0)} %`,
    `${lost} of ${frames + lost} frames lost`,
    `${long} tasks over 50 ms of the thread's own time (longest ${longest.toFixed(0)} ms), ${longTasksMs.length} by the clock`,
    `heap ${heapMiB.toFixed(0)} MiB`,
  ];
  report(`steady ${name}`, text.join(', '), {
    busyPercent,
    frames,
    lost,
    longTasks: long,
    longest,
    longTasksByTheClock: longTasksMs.length,
    heapMiB,
  });
}

/** The built window without a server: its files are handed to the page as it asks for them. */
async function openBuilt(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 960 } });
  const folder = join(root, 'out/renderer');
  await page.route('http://window.test/**', (route) => {
    const { pathname } = new URL(route.request().url());
    return route.fulfill({ path: join(folder, pathname === '/' ? 'index.html' : pathname) });
  });
  return page;
}

async function busyWindow(browser: Browser): Promise<void> {
  const page = await openBuilt(browser);
  const app = await fakeApp(page);
  const view = groupView(snapshot({ hosts: HOSTS, vms: VMS }));
  const views = Array.from({ length: VIEWS }, (_, turn) => JSON.stringify([later(view, turn)]));
  await page.goto('http://window.test/');
  // Handed over before it is measured: that much text at once would be a long task of the measuring.
  await page.evaluate((texts) => void Object.assign(globalThis, { texts }), views);
  await app.publish('app.info', info);
  await app.publish('app.preferences', { theme: 'light' });
  await app.publish('groups.beats', [beats(HOSTS, 2)]);
  await app.publish('daily.groups', [dailyGroup(view)]);
  await app.publish('groups.views', [view]);
  report('an update', `${kilobytes(Buffer.byteLength(views[0] ?? ''))} of JSON`, { hosts: HOSTS, vms: VMS });
  await steady(browser, page, 'overview', `#/overview/${groupId}`);
  await steady(browser, page, 'VMs', `#/vms/${groupId}`);
  await steady(browser, page, 'events', `#/events/${groupId}`);
}

process.stdout.write(`machine: ${machineLine()}\n`);
sizes();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  await busyWindow(browser);
  await starts(browser);
} finally {
  await browser.close();
}
