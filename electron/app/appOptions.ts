import type { SecretVault } from '../backend/secret.ts';
import type { AppInfo } from '../ipc/views.ts';
import type { DemoMaker } from './demoHandle.ts';
import type { DesktopHooks } from './desktop/hooks.ts';

export interface AppOptions {
  readonly info: Omit<AppInfo, 'demoRefused' | 'demoStandIns'>;
  readonly preferencesPath: string;
  readonly inventoryPath: string;
  readonly demo: DemoMaker;
  /** What the shell around the app offers; absent: nothing, as in a browser. */
  readonly desktop?: DesktopHooks;
  /** Where secrets are kept that the user lets the app remember; absent: nowhere. */
  readonly secrets?: SecretVault;
  /** Folder with one agent bundle an architecture; absent: where the build puts them. */
  readonly agentFolder?: string;
  readonly onFault: (fault: unknown) => void;
}
