// What stands around each page: the way to the others, who is signed in, what concerns all of them.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';

import { nameOf, type Session, signIn, signInPath } from '../api/session';
import { shownFrom } from '../api/seen';
import { LinkButton } from '../components/button';
import { Dialog } from '../components/dialog';
import { Icon, type IconName } from '../components/icon';
import { Notice } from '../components/states';
import { Toasts } from '../components/toasts';
import { useApprovals } from '../state/queries';
import { t } from '../texts';
import { moment, number } from '../texts/format';
import { Settings } from './settings';

interface Place {
  href: string;
  icon: IconName;
  label: string;
  count?: number | undefined;
}

function places(session: Session | undefined, waiting: number | undefined): Place[] {
  const texts = t().nav;
  return [
    { href: '/console/', icon: 'home', label: texts.home, count: waiting },
    { href: '/console/onboarding', icon: 'pulse', label: texts.onboarding },
    { href: '/console/runs', icon: 'runs', label: texts.runs },
    { href: '/console/connections', icon: 'link', label: texts.connections },
    { href: '/console/schedule', icon: 'calendar', label: texts.schedule },
    { href: '/console/assistant', icon: 'chat', label: texts.assistant },
    { href: '/console/tools', icon: 'tool', label: texts.tools },
    ...(session?.operator ? [{ href: '/console/operators', icon: 'gauge' as const, label: texts.operators }] : []),
  ];
}

/** So many stand below the page on a phone; the rest is behind "More". */
const TABS = 4;

export function Shell({ children }: { children: ComponentChildren }) {
  const now = signIn.value;
  const session = now.kind === 'in' ? now.session : undefined;
  const approvals = useApprovals();
  const [settings, setSettings] = useState(false);
  const all = places(session, approvals.data?.length);
  const texts = t();
  return (
    <div class="shell">
      <a class="skip button" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>{texts.nav.skip}</a>
      <header class="sidebar">
        <a class="brand" href="/console/"><i aria-hidden="true" />{texts.product}</a>
        <nav class="nav" aria-label={texts.nav.label}>
          <ul>{all.map((place) => <li key={place.href}><PlaceLink place={place} /></li>)}</ul>
        </nav>
        <div class="foot">{session && <Person session={session} onPress={() => setSettings(true)} />}</div>
      </header>
      <header class="topbar">
        <a class="brand" href="/console/"><i aria-hidden="true" />{texts.product}</a>
        {session && (
          <button type="button" class="button icon" aria-label={texts.nav.settings} onClick={() => setSettings(true)}>
            <span class="initial" aria-hidden="true">{initial(session)}</span>
          </button>
        )}
      </header>
      <main class="main" id="main" tabIndex={-1}>
        <Standing />
        {children}
      </main>
      <nav class="tabs" aria-label={texts.nav.label}>
        <ul>
          {all.slice(0, TABS).map((place) => <li key={place.href}><PlaceLink place={place} /></li>)}
          <li>
            <button type="button" onClick={() => setSettings(true)}><Icon name="more" />{texts.nav.more}</button>
          </li>
        </ul>
      </nav>
      {settings && (
        <Dialog title={texts.nav.settings} onClose={() => setSettings(false)}>
          <Settings session={session} more={all.slice(TABS)} onLeave={() => setSettings(false)} />
        </Dialog>
      )}
      <Toasts />
    </div>
  );
}

export function PlaceLink({ place, onPress }: { place: Place; onPress?: () => void }) {
  const { path } = useLocation();
  const here = place.icon === 'home' ? path === '/console' : path.startsWith(place.href);
  return (
    <a href={place.href} aria-current={here ? 'page' : undefined} onClick={onPress}>
      <Icon name={place.icon} />
      <span>{place.label}</span>
      {place.count !== undefined && place.count > 0 && (
        <span class="count"><span aria-hidden="true">{number(place.count)}</span><span class="unseen">{t().nav.waiting(place.count)}</span></span>
      )}
    </a>
  );
}

const initial = (session: Session) => nameOf(session).trim().charAt(0).toUpperCase() || '·';

function Person({ session, onPress }: { session: Session; onPress: () => void }) {
  return (
    <button type="button" class="person" onClick={onPress} aria-haspopup="dialog">
      <span class="initial" aria-hidden="true">{initial(session)}</span>
      <span>
        <b class="cut">{nameOf(session)}</b>
        {session.user.organization && <span class="soft cut">{session.user.organization}</span>}
      </span>
      <Icon name="more" />
      <span class="unseen">{t().nav.settings}</span>
    </button>
  );
}

/** What holds for whatever page it is: the session is over, or the network is gone. */
function Standing() {
  const texts = t();
  const ended = signIn.value.kind === 'out';
  const from = shownFrom.value;
  return (
    <div role="status" class={ended || from !== undefined ? 'page standing' : ''}>
      {ended && (
        <Notice tone="notice" title={texts.door.ended} actions={<LinkButton look="primary" small href={signInPath()}>{texts.door.signIn}</LinkButton>}>
          {texts.door.endedDetail}
        </Notice>
      )}
      {!ended && from !== undefined && <Notice tone="notice" title={texts.states.offline}>{texts.states.shownFrom(moment(from))}</Notice>}
    </div>
  );
}
