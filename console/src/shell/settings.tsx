// Who is signed in, how the console looks and speaks, and on a phone the way to the other pages.

import { useState } from 'preact/hooks';

import { nameOf, type Session, signOut } from '../api/session';
import { Button } from '../components/button';
import { Segments } from '../components/fields';
import { chooseLanguage, language, theme } from '../state/preferences';
import { forgetAll } from '../state/resource';
import { t } from '../texts';
import { moment } from '../texts/format';
import { type Place, PlaceLink } from './frame';

export function Settings({ session, more, path, onLeave }: { session: Session | undefined; more: Place[]; path: string; onLeave: () => void }) {
  const texts = t().settings;
  const [busy, setBusy] = useState(false);
  const leave = () => {
    setBusy(true);
    void signOut().then(forgetAll).finally(() => setBusy(false));
  };
  return (
    <div class="stack">
      <nav class="nav only-narrow" aria-label={t().nav.more}>
        <ul>{more.map((place) => <li key={place.href}><PlaceLink place={place} path={path} onPress={onLeave} /></li>)}</ul>
      </nav>
      {session && (
        <dl class="facts">
          <dt>{texts.signedInAs}</dt>
          <dd>{nameOf(session)}</dd>
          {session.user.email && session.user.email !== nameOf(session) && <><dt>{texts.email}</dt><dd>{session.user.email}</dd></>}
          {session.user.organization && <><dt>{texts.organization}</dt><dd>{session.user.organization}</dd></>}
          <dt>{texts.endsAt}</dt>
          <dd>{moment(session.endsAt)}</dd>
        </dl>
      )}
      <div class="field">
        <span class="label" aria-hidden="true">{texts.theme}</span>
        <Segments
          label={texts.theme}
          value={theme.value}
          onChoose={(chosen) => (theme.value = chosen)}
          choices={[{ value: 'system', label: texts.themes.system }, { value: 'light', label: texts.themes.light }, { value: 'dark', label: texts.themes.dark }]}
        />
      </div>
      <div class="field">
        <span class="label" aria-hidden="true">{texts.language}</span>
        <Segments
          label={texts.language}
          value={language.value}
          onChoose={chooseLanguage}
          choices={[{ value: 'en', label: 'English' }, { value: 'de', label: 'Deutsch' }]}
        />
      </div>
      {session && <div><Button icon="out" busy={busy} onPress={leave}>{texts.signOut}</Button></div>}
    </div>
  );
}
