import type { Theme } from '../../../../electron/ipc/views.ts';
import { themeNames } from '../../commands/commands.ts';
import { setTheme } from '../../store/actions.ts';
import { changeSettings } from '../../store/dailyActions.ts';
import { useWindow } from '../../store/store.ts';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { SelectField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';

const themes = (Object.entries(themeNames) as [Theme, string][]).map(([value, label]) => ({ value, label }));

/** How it looks on this computer. */
export function Appearance() {
  const theme = useWindow(({ preferences }) => preferences?.theme ?? 'system');
  return (
    <Panel title="Appearance">
      <div className="panel-body">
        <SelectField
          label="Theme"
          hint="Movements are left out where the system asks for less of them."
          value={theme}
          choices={themes}
          onChange={(chosen) => void setTheme(chosen)}
        />
      </div>
    </Panel>
  );
}

/** When this app is there. The hosts protect each other without it. */
export function Presence() {
  const settings = useWindow((state) => state.settings);
  if (settings === null) return null;
  return (
    <Panel title="This app">
      <div className="panel-body">
        <p className="quiet">
          The hosts protect each other whether this app runs or not. It only shows and asks.
        </p>
        <Checkbox
          label="Start when I log in"
          hint={
            settings.refused.startAtLogin ?? 'It starts in the background and says when something happens.'
          }
          on={settings.startAtLogin}
          off={settings.refused.startAtLogin ?? null}
          onChange={(startAtLogin) => void changeSettings({ startAtLogin })}
        />
        <Checkbox
          label="Closing the window leaves it in the tray"
          hint={
            settings.refused.closeToTray ??
            'Otherwise closing the window ends the app, and nothing is notified.'
          }
          on={settings.closeToTray}
          off={settings.refused.closeToTray ?? null}
          onChange={(closeToTray) => void changeSettings({ closeToTray })}
        />
      </div>
    </Panel>
  );
}

const kinds = [
  {
    kind: 'failover',
    label: 'A failover began, is done, or failed',
    hint: 'What happened, why, and after how many seconds the VM ran again.',
  },
  {
    kind: 'protection',
    label: 'Protection was lost or is back',
    hint: 'A failure now would, or would no longer, leave VMs down.',
  },
  {
    kind: 'links',
    label: 'A link between hosts was lost or is back',
    hint: 'Nothing moves because of it. One that comes and goes is told once, with how often.',
  },
] as const;

/** What is worth a notification on this computer. */
export function Alerts() {
  const settings = useWindow((state) => state.settings);
  const lacks = useWindow(({ info }) => info?.lacks ?? null);
  if (settings === null) return null;
  const { notifications } = settings;
  return (
    <Panel title="Alerts">
      <div className="panel-body">
        {lacks === null ? null : <p className="quiet">{lacks}</p>}
        {kinds.map(({ kind, label, hint }) => (
          <Checkbox
            key={kind}
            label={label}
            hint={hint}
            on={notifications[kind]}
            onChange={(on) => void changeSettings({ notifications: { ...notifications, [kind]: on } })}
          />
        ))}
        <p className="quiet">
          Losing sight of the hosts is no alert: this app then says that it does not know, not that they
          failed.
        </p>
      </div>
    </Panel>
  );
}
