import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { groupView } from '../../electron/app/groupView.ts';
import type { PlannedHost, SetupView } from '../../electron/ipc/setup/views.ts';
import type { Theme } from '../../electron/ipc/views.ts';
import { badReport, hugeReport, report } from './checkSamples.ts';
import { dailyGroup, settings } from './dailySamples.ts';
import type { FakeApp } from './fakeApp.ts';
import { blockedRow, degradedRow, pairs, prediction, row } from './pairSamples.ts';
import { groupId, snapshot } from './samples.ts';
import {
  atVms,
  host,
  hostKeyPrompt,
  keyChange,
  refused,
  secretPrompt,
  setup,
  setupId,
} from './setupSamples.ts';
import { openSetup, openStep } from './setupWindow.ts';
import { candidates, proof } from './storeSamples.ts';
import { accessibilityFindings, expect, test } from './window.ts';
import { failedWork, plan, work } from './workSamples.ts';

/**
 * Every screen of setting up, in light at 1600 pixels and in dark at 1024: nothing is cut off, axe finds nothing serious,
 * and a picture is left in `test-results/screens` to be looked at.
 */
interface Screen {
  readonly name: string;
  readonly of: SetupView | null;
  readonly show?: (page: Page, app: FakeApp) => Promise<void>;
  /** Too long for a picture of the whole page, and for the usual time when axe reads all of it. */
  readonly tall?: boolean;
}

const folder = fileURLToPath(new URL('../../test-results/screens', import.meta.url));
const two = [host(0), host(1)];
const eight = Array.from({ length: 8 }, (_, slot) => host(slot));
const stores = { candidates, warnings: [], searchedAt: 0 };
const manyVms = Array.from({ length: 400 }, (_, index) =>
  index % 9 === 1 ? { ...blockedRow, ...row(index), reasons: blockedRow.reasons } : row(index),
);

async function publishGroup(app: FakeApp): Promise<void> {
  const view = groupView(snapshot());
  await app.publish('daily.groups', [dailyGroup(view)]);
  await app.publish('settings.values', settings);
  await app.publish('groups.views', [view]);
}

const screens: readonly Screen[] = [
  { name: 'welcome', of: null },
  {
    name: 'welcome-begun',
    of: null,
    show: async (_page, app) => {
      await app.publish('groups.known', {
        groups: [{ id: groupId, kind: 'installed', name: 'office', hosts: ['gamma', 'delta'], open: false }],
        failure: null,
      });
      await app.publish('setup.saved', [
        {
          id: setupId,
          kind: 'new',
          name: 'alpha, beta',
          hosts: ['alpha', 'beta'],
          stage: 'install',
          savedAt: '2026-11-20T16:12:00.000Z',
        },
      ]);
    },
  },
  { name: 'hosts-empty', of: setup() },
  {
    name: 'hosts-wrong',
    of: setup({ hosts: [host(0)] }),
    show: async (page) => {
      await page.getByRole('button', { name: 'Add the second host' }).click();
      await page.getByRole('textbox', { name: 'Address' }).fill('https://beta');
      await page.getByRole('radio', { name: 'Key file' }).check();
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await expect(page.getByText('Enter it without "ssh://"')).toBeVisible();
    },
  },
  {
    name: 'hosts-refused',
    of: setup({ hosts: [host(0)] }),
    show: async (page) => {
      await page.getByRole('button', { name: 'Add the second host' }).click();
      await page.getByRole('textbox', { name: 'Address' }).fill('192.168.1.12');
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await expect(page.getByText('systemctl enable --now ssh').first()).toBeVisible();
    },
  },
  {
    name: 'host-key',
    of: setup(),
    show: async (_page, app) => app.publish('prompts.open', [hostKeyPrompt]),
  },
  {
    name: 'secret',
    of: setup(),
    show: async (_page, app) =>
      app.publish('prompts.open', [
        secretPrompt({
          what: 'sudo',
          label: 'Password of admin for sudo',
          again: true,
          remember: { refused: 'This computer has no secret store.' },
        }),
      ]),
  },
  { name: 'key-changed', of: setup({ hosts: two, keyChange }) },
  { name: 'checks-good', of: setup({ stage: 'install', hosts: two }), show: checks(report()) },
  { name: 'checks-bad', of: setup({ stage: 'checks', hosts: two }), show: checks(badReport()) },
  {
    name: 'checks-huge',
    of: setup({ stage: 'install', hosts: eight }),
    show: async (page, app) => {
      await checks(hugeReport())(page, app);
      await page.getByText('32 passed').first().click();
    },
  },
  { name: 'install-plan', of: setup({ stage: 'install', hosts: two, plan: plan() }) },
  {
    name: 'install-running',
    of: setup({ stage: 'install', hosts: two, plan: plan() }),
    show: async (_page, app) => app.publish('work.recent', [work()]),
  },
  {
    name: 'install-failed',
    of: setup({ stage: 'install', hosts: two, plan: plan() }),
    show: async (_page, app) => app.publish('work.recent', [failedWork()]),
  },
  {
    name: 'install-huge',
    of: setup({ stage: 'store', hosts: eight, plan: plan(8, true) }),
    show: async (page) => openStep(page, 'install'),
  },
  { name: 'store-found', of: setup({ stage: 'store', hosts: two, plan: plan(2, true), stores }) },
  {
    name: 'store-none',
    of: setup({ stage: 'store', hosts: two, stores: { ...stores, candidates: [] } }),
    show: async (page) => {
      await page.getByRole('textbox', { name: /^Path/ }).fill('\\\\nas\\vms');
      await expect(page.getByText('This is a Windows path.')).toBeVisible();
    },
  },
  {
    name: 'store-proven',
    of: setup({ stage: 'group', hosts: two, plan: plan(2, true), stores, proof: proof() }),
    show: async (page) => openStep(page, 'store'),
  },
  {
    name: 'store-huge',
    of: setup({ stage: 'group', hosts: eight, plan: plan(8, true), stores, proof: proof(8) }),
    show: async (page) => openStep(page, 'store'),
  },
  {
    name: 'group',
    of: setup({ stage: 'group', hosts: [host(0), host(1, { watchdogs: [] })], stores, proof: proof() }),
    show: async (page) => {
      await page.getByRole('textbox', { name: 'Name of the group' }).fill('shop');
      await page.getByRole('button', { name: 'Add a link' }).click();
    },
  },
  {
    name: 'vms',
    of: atVms(),
    show: async (page, app) => {
      await app.publish('pairs.views', [pairs([row(0), blockedRow, degradedRow, row(3), row(4)])]);
      await page.getByRole('checkbox', { name: 'Protect web-shop' }).check();
      await page.getByRole('checkbox', { name: 'Protect files' }).check();
      await expect(page.getByText('There is no room for files.')).toBeVisible();
    },
  },
  {
    name: 'vms-many',
    tall: true,
    of: atVms({ hosts: eight }),
    show: async (page, app) => {
      await app.publish('pairs.views', [pairs(manyVms)]);
      await page.getByRole('checkbox', { name: 'Protect web-shop', exact: true }).check();
      await expect(page.getByText('There is no room for files.')).toBeVisible();
    },
  },
  { name: 'vms-empty', of: atVms(), show: async (_page, app) => app.publish('pairs.views', [pairs([])]) },
  { name: 'done', of: atVms({ stage: 'done' }), show: async (_page, app) => publishGroup(app) },
  {
    name: 'connect',
    of: setup({ kind: 'connect', hosts: [host(0, { groupId })] }),
  },
  {
    name: 'group-checks',
    of: null,
    show: async (page, app) => {
      await publishGroup(app);
      await app.publish('checks.reports', [badReport({ groupId, nextAt: Date.now() + 80_000_000 })]);
      await page.evaluate((to) => {
        location.hash = to;
      }, `#/checks/${groupId}`);
    },
  },
  {
    name: 'group-hosts',
    of: null,
    show: async (page, app) => {
      await publishGroup(app);
      await page.evaluate((to) => {
        location.hash = to;
      }, `#/checks/${groupId}/hosts`);
      await page.getByRole('button', { name: 'Replace beta' }).click();
    },
  },
  {
    name: 'group-uninstall',
    of: null,
    show: async (page, app) => {
      await publishGroup(app);
      await page.evaluate((to) => {
        location.hash = to;
      }, `#/checks/${groupId}/hosts`);
      await page.getByRole('button', { name: 'Take off beta' }).click();
      await expect(page.getByRole('dialog').getByRole('button', { name: 'Cancel' })).toBeFocused();
      await page.getByText('6 things on beta will be taken away').click();
    },
  },
];

/** The uninstall dialog tells what would go while it is read. */
const uninstallPlan = { ok: true, value: { ...(plan(1, false)[0] as PlannedHost), host: 'beta' } } as const;

function checks(value: ReturnType<typeof report>): NonNullable<Screen['show']> {
  return async (page, app) => {
    await app.publish('checks.reports', [value]);
    await openStep(page, 'checks');
  };
}

const looks: readonly { readonly theme: Theme; readonly width: number }[] = [
  { theme: 'light', width: 1600 },
  { theme: 'dark', width: 1024 },
];

for (const { name, of, show, tall = false } of screens) {
  for (const { theme, width } of looks) {
    test(`${name} is whole and reads well (${theme}, ${width} pixels)`, async ({ page }) => {
      if (tall) test.slow();
      await page.setViewportSize({ width, height: 900 });
      const app = await openSetup(page, of, {
        theme,
        answers: {
          'hosts.planUninstall': uninstallPlan,
          'setup.addHost': { ok: false, failure: refused },
          'pairs.predict': { ok: true, value: prediction(false, of?.hosts.length ?? 2) },
        },
      });
      await show?.(page, app);
      await expect(page.getByRole('heading').first()).toBeVisible();
      const spill = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(spill).toBe(0);
      await page.screenshot({ path: `${folder}/setup-${name}-${theme}-${width}.png`, fullPage: !tall });
      expect(await accessibilityFindings(page)).toEqual([]);
    });
  }
}
