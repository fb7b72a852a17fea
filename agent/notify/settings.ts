import { type Failure, FailureError } from '../protocol/failure.ts';
import type { NotifyDraft, NotifySettings, NotifyView, SecretDraft } from '../protocol/notify.ts';

/** What a console may know: everything but the secrets, of which it learns that they are there. */
export function viewOf(settings: NotifySettings): NotifyView {
  const { revision, tell, missingAfterMinutes, metrics, mail, webhooks, trap } = settings;
  const isSet = (secret: string | null): boolean => secret !== null;
  return {
    revision,
    tell,
    missingAfterMinutes,
    metrics,
    mail: mail === null ? null : { ...mail, password: isSet(mail.password) },
    webhooks: webhooks.map((webhook) => ({
      ...webhook,
      url: isSet(webhook.url),
      token: isSet(webhook.token),
    })),
    trap:
      trap === null
        ? null
        : {
            ...trap,
            community: isSet(trap.community),
            authPassword: isSet(trap.authPassword),
            privPassword: isSet(trap.privPassword),
          },
  };
}

/** Puts new settings together from what was sent and the secrets that are kept. Throws a FailureError; changes nothing. */
export function settingsFrom(
  draft: NotifyDraft,
  before: NotifySettings | null,
  stamp: Pick<NotifySettings, 'revision' | 'savedAtWallMs'>,
): NotifySettings {
  const { mail, trap, ...rest } = draft;
  const old = { mail: before?.mail ?? null, trap: before?.trap ?? null };
  const made: NotifySettings = {
    ...rest,
    ...stamp,
    version: 1,
    mail:
      mail === null
        ? null
        : { ...mail, password: resolved(mail.password, old.mail?.password ?? null, 'mail.password') },
    webhooks: draft.webhooks.map((webhook, index) => {
      const known = before?.webhooks.find(({ name }) => name === webhook.name);
      return {
        ...webhook,
        url: resolved(webhook.url, known?.url ?? null, `webhooks.${index}.url`),
        token: resolved(webhook.token, known?.token ?? null, `webhooks.${index}.token`),
      };
    }),
    trap:
      trap === null
        ? null
        : {
            ...trap,
            community: resolved(trap.community, old.trap?.community ?? null, 'trap.community'),
            authPassword: resolved(trap.authPassword, old.trap?.authPassword ?? null, 'trap.authPassword'),
            privPassword: resolved(trap.privPassword, old.trap?.privPassword ?? null, 'trap.privPassword'),
          },
  };
  const problem = keptElsewhere(draft, before) ?? incomplete(made);
  if (problem !== null) throw new FailureError(problem);
  return made;
}

function resolved(draft: SecretDraft, known: string | null, field: string): string | null {
  switch (draft.kind) {
    case 'set':
      return draft.value;
    case 'none':
      return null;
    case 'keep':
      if (known !== null) return known;
      throw new FailureError({
        code: 'notify.no-secret',
        message: `This host has no ${field} that could be kept.`,
        meaning: 'Nothing was changed on it. It may have joined the group later, or have other settings.',
        fix: 'Enter the passwords, addresses and tokens again: they are then set on every host.',
        field,
      });
  }
}

const refuse = (field: string, message: string): Failure => ({ code: 'notify.incomplete', message, field });

/** A secret that is kept must not be had by naming a receiver that collects it. */
function keptElsewhere(draft: NotifyDraft, before: NotifySettings | null): Failure | null {
  const { mail, trap } = draft;
  const moved = (now: { server: string; port: number } | null, old: typeof now): boolean =>
    now !== null && old !== null && (now.server !== old.server || now.port !== old.port);
  const oldMail = before?.mail ?? null;
  const isOtherwiseSecured = mail?.ca !== oldMail?.ca || mail?.security !== oldMail?.security;
  if (mail?.password.kind === 'keep' && (moved(mail, oldMail) || isOtherwiseSecured))
    return refuse(
      'mail.password',
      'With another mail server, other certificates or other security the password must be entered again.',
    );
  for (const field of ['community', 'authPassword', 'privPassword'] as const) {
    if (trap?.[field].kind === 'keep' && moved(trap, before?.trap ?? null))
      return refuse(`trap.${field}`, 'With another receiver of traps this must be entered again.');
  }
  for (const [index, { name, url, token }] of draft.webhooks.entries()) {
    if (url.kind === 'keep' || token.kind !== 'keep') continue;
    // Telegram's own address is no secret, and none is entered for it.
    const isUnmoved = before?.webhooks.some((old) => old.name === name && old.url === null) === true;
    if (url.kind === 'none' && isUnmoved) continue;
    return refuse(
      `webhooks.${index}.token`,
      `${name}: with another address the token must be entered again.`,
    );
  }
  return null;
}

/** A way that could never carry anything is refused when it is entered, not when it is needed. */
function incomplete(made: NotifySettings): Failure | null {
  const { mail, trap } = made;
  if (mail?.user != null && mail.security === 'none')
    return refuse(
      'mail.security',
      'A password is not sent to a mail server in the clear: choose STARTTLS or TLS.',
    );
  if (mail?.user != null && mail.password === null)
    return refuse('mail.password', 'A login needs a password.');
  for (const [index, { form, url, token, chat, name }] of made.webhooks.entries()) {
    if (form === 'telegram') {
      if (token === null) return refuse(`webhooks.${index}.token`, `${name}: the bot's token is missing.`);
      if (chat === null) return refuse(`webhooks.${index}.chat`, `${name}: the chat is missing.`);
      if (url === null) continue;
    }
    if (url === null || !/^https?:\/\//.test(url))
      return refuse(`webhooks.${index}.url`, `${name}: an address that begins with https:// is needed.`);
  }
  if (trap?.version === '2c' && trap.community === null)
    return refuse('trap.community', 'Version 2c needs a community.');
  if (trap?.version === '3' && trap.user === null) return refuse('trap.user', 'Version 3 needs a user.');
  for (const field of ['authPassword', 'privPassword'] as const) {
    if (trap?.version === '3' && trap[field] !== null && trap[field].length < 8)
      return refuse(`trap.${field}`, 'Version 3 needs passwords of at least 8 characters.');
  }
  return null;
}
