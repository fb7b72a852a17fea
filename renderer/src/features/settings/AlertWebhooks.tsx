import { MAX_WEBHOOKS, type WebhookForm } from '../../../../agent/protocol/notify.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { SelectField, TextField } from '../../ui/Field.tsx';
import { type PartProps, SecretInput } from './AlertChannels.tsx';
import { newWebhook, type WebhookFields } from './alertForm.ts';

const forms: readonly { readonly value: WebhookForm; readonly label: string }[] = [
  { value: 'generic', label: 'Any program that takes JSON' },
  { value: 'slack', label: 'Slack (incoming webhook)' },
  { value: 'teams', label: 'Microsoft Teams (workflow)' },
  { value: 'ntfy', label: 'ntfy' },
  { value: 'telegram', label: 'Telegram (a bot)' },
];
const ADDRESS_HINT: Readonly<Record<WebhookForm, string>> = {
  generic: 'Begins with https://. It is kept like a password.',
  slack: 'As Slack shows it; it begins with https://hooks.slack.com/. It is kept like a password.',
  teams: 'As the workflow shows it. It is kept like a password.',
  ntfy: 'The server and the topic, such as https://ntfy.sh/your-topic.',
  telegram: 'Empty for Telegram itself.',
};

/** Up to four receivers of webhooks. */
export function WebhooksPart({ form, wrongs, onForm }: PartProps) {
  const { webhooks } = form;
  const replace = (next: readonly WebhookFields[]): void => onForm((now) => ({ ...now, webhooks: next }));
  const freeName = ['chat', 'chat 2', 'chat 3', 'chat 4'].find((name) =>
    webhooks.every((webhook) => webhook.name !== name),
  );
  const isFull = webhooks.length >= MAX_WEBHOOKS;
  return (
    <fieldset className="alert-part">
      <legend>Webhooks and chats</legend>
      {webhooks.map((webhook, index) => (
        <Webhook
          // Its place is what tells it apart: the name may be changed.
          key={index}
          webhook={webhook}
          wrong={(field) => wrongs[`webhooks.${index}.${field}`] ?? null}
          onChange={(part) => replace(webhooks.map((one, at) => (at === index ? { ...one, ...part } : one)))}
          onRemove={() => replace(webhooks.filter((_, at) => at !== index))}
        />
      ))}
      <div className="button-row">
        <Button
          onPress={() => replace([...webhooks, newWebhook(freeName ?? '')])}
          off={isFull ? `There may be ${MAX_WEBHOOKS}.` : null}
        >
          Add a webhook
        </Button>
      </div>
    </fieldset>
  );
}

function Webhook(props: {
  readonly webhook: WebhookFields;
  readonly wrong: (field: string) => string | null;
  readonly onChange: (part: Partial<WebhookFields>) => void;
  readonly onRemove: () => void;
}) {
  const { webhook, wrong, onChange, onRemove } = props;
  const { name, form, url, token, chat, allowPrivate } = webhook;
  const takesToken = form !== 'slack' && form !== 'teams';
  return (
    <fieldset className="alert-fields" aria-label={`Webhook ${name}`}>
      <TextField
        label="Name"
        value={name}
        wrong={wrong('name')}
        onChange={(next) => onChange({ name: next })}
      />
      <SelectField
        label="Receiver"
        value={form}
        choices={forms}
        onChange={(next) => onChange({ form: next })}
      />
      <SecretInput
        label="Address"
        hint={ADDRESS_HINT[form]}
        secret={url}
        wrong={wrong('url')}
        onTyped={(typed) => onChange({ url: { ...url, typed } })}
      />
      {takesToken ? (
        <SecretInput
          label={form === 'telegram' ? "The bot's token" : 'Token'}
          hint={form === 'telegram' ? 'As BotFather shows it.' : 'Only if the receiver wants one.'}
          secret={token}
          wrong={wrong('token')}
          onTyped={(typed) => onChange({ token: { ...token, typed } })}
        />
      ) : null}
      {form === 'telegram' ? (
        <TextField
          label="Chat"
          hint="The number of the chat, or @channel."
          value={chat}
          wrong={wrong('chat')}
          onChange={(next) => onChange({ chat: next })}
        />
      ) : null}
      <Checkbox
        label="The receiver is in our own network"
        hint="Otherwise private addresses are refused, also where the receiver redirects to."
        on={allowPrivate}
        onChange={(on) => onChange({ allowPrivate: on })}
      />
      <div className="button-row">
        <Button onPress={onRemove}>{`Remove ${name === '' ? 'this webhook' : name}`}</Button>
      </div>
    </fieldset>
  );
}
